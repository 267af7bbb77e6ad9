/// What was measured.
public struct BenchReport: Sendable {
    public var kind: BenchOptions.Kind
    public var users: Int
    /// Measured time, seconds.
    public var seconds: Double = 0
    /// In the measured time: messages that arrived and, if durable, were accepted.
    public var messages = 0
    public var delivery = LatencyHistogram()
    public var acceptance = LatencyHistogram()
    /// In the whole run.
    public var check = BenchCheck()
    /// Of the server's process, in the measured time.
    public var serverCPUSeconds: Double?
    /// Bytes of the server's anonymous memory at the end, and per connection between two steps (idle).
    public var serverMemoryBytes: Int?
    public var bytesPerConnection: Double?

    init(kind: BenchOptions.Kind, users: Int) {
        self.kind = kind
        self.users = users
    }

    public var messagesPerSecond: Double { seconds > 0 ? Double(messages) / seconds : 0 }

    /// Microseconds of the server's CPU per message.
    public var cpuMicrosecondsPerMessage: Double? {
        guard let serverCPUSeconds, messages > 0 else { return nil }
        return serverCPUSeconds * 1e6 / Double(messages)
    }
}

/// Whether what was accepted arrived once and in order.
public struct BenchCheck: Sendable, Equatable {
    public var sent = 0
    public var accepted = 0
    public var arrived = 0
    public var duplicates = 0
    public var missing = 0
    /// Still under way when the drain was given up.
    public var open = 0
    public var deferred = 0
    public var skipped = 0
    public var failures = 0
    public var refused = 0
    public var lostConnections = 0
    /// The first thing that went wrong.
    public var complaint: String?

    public var holds: Bool {
        duplicates == 0 && missing == 0 && open == 0 && failures == 0 && refused == 0 && lostConnections == 0
    }
}
