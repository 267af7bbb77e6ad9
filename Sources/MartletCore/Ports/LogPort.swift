/// What became of an append. After one that is not `written` the writer starts again from what it has read back.
public enum AppendOutcome: Hashable, Sendable {
    case written(Offset)
    /// It is not in the log and will not be.
    case failed(PortError)
    /// It may be in the log, or get there later.
    case unknown

    public var isWritten: Bool { if case .written = self { true } else { false } }
}

public enum PortError: Error, Hashable, Sendable {
    /// Cannot be done now (disk alarm, broker or store away); nothing changed.
    case unavailable
    /// The adapter was closed.
    case closed
    /// What is stored cannot be read: an operator has to look.
    case corrupt(String)
}

/// A record as the log keeps it.
public struct LoggedRecord: Hashable, Sendable {
    public var offset: Offset
    public var bytes: [UInt8]

    public init(offset: Offset, bytes: [UInt8]) {
        self.offset = offset
        self.bytes = bytes
    }
}

public enum LogRead: Hashable, Sendable {
    /// In order, without gaps from where the reader stood; `end` is the offset after the log's last record.
    case records([LoggedRecord], end: Offset)
    /// What comes next was trimmed: the log now begins at `start`.
    case trimmed(start: Offset)
    case failed(PortError)
}

/// The first offset that is kept, and the offset that the next record will get.
public struct LogBounds: Hashable, Sendable {
    public var start: Offset
    public var end: Offset

    public init(start: Offset, end: Offset) {
        self.start = start
        self.end = end
    }
}

/// The logs of all slots. Completions come once each, on any thread, never before the call returns.
public protocol LogPort: AnyObject, Sendable {
    /// Names the log's identity; it changes if the log is ever replaced.
    var generation: UInt64 { get }

    /// Appends `records` to one slot's log, in order, durable before `done`. Appends of one caller to one slot keep
    /// their order. Each has an outcome of its own.
    func append(_ records: [[UInt8]], to slot: Slot, done: @escaping @Sendable ([AppendOutcome]) -> Void)

    func bounds(of slot: Slot, done: @escaping @Sendable (Result<LogBounds, PortError>) -> Void)

    /// A reader that stands at `offset`.
    func reader(of slot: Slot, from offset: Offset) -> any LogReader

    /// Records before `offset` are needed by nobody; the adapter removes them when its retention says so.
    func allowTrim(of slot: Slot, before offset: Offset)
}

/// Reads one slot's log in order. One `next` at a time.
public protocol LogReader: AnyObject, Sendable {
    /// Waits until there is at least one record, then gives up to `maxRecords` and about `maxBytes` of them.
    func next(maxRecords: Int, maxBytes: Int, done: @escaping @Sendable (LogRead) -> Void)

    /// Afterwards `done` is not called again, but for a call that is already under way.
    func cancel()
}
