/// What a generator's loop has counted.
struct Counts: Sendable {
    var sent = 0
    /// Answered `accepted`.
    var accepted = 0
    /// Seen by their recipient for the first time and in order.
    var arrived = 0
    var duplicates = 0
    /// Messages that a recipient did not get before a later one of the same sender.
    var missing = 0
    /// Temporary rejections: sent again.
    var deferred = 0
    /// Final rejections, errors, frames that were not understood.
    var failures = 0
    /// Paced messages that were not sent, since 64 of their sender were under way.
    var skipped = 0
    var connected = 0
    var refused = 0
    var lost = 0

    static func - (a: Counts, b: Counts) -> Counts { a.combined(b, -) }
    static func + (a: Counts, b: Counts) -> Counts { a.combined(b, +) }

    private func combined(_ other: Counts, _ operation: (Int, Int) -> Int) -> Counts {
        var result = Counts()
        for field in Counts.fields {
            result[keyPath: field] = operation(self[keyPath: field], other[keyPath: field])
        }
        return result
    }

    private static var fields: [WritableKeyPath<Counts, Int>] {
        [
            \.sent, \.accepted, \.arrived, \.duplicates, \.missing, \.deferred, \.failures, \.skipped, \.connected,
            \.refused, \.lost,
        ]
    }
}

/// Counts since the start and of the measured time, and the latencies of the latter.
struct Tally: Sendable {
    var total = Counts()
    var window = Counts()
    /// Nanoseconds.
    var windowDuration: UInt64 = 0
    /// From sending to the recipient.
    var delivery = LatencyHistogram()
    /// From sending to `accepted`.
    var acceptance = LatencyHistogram()
    /// Messages under way now.
    var open = 0
    /// The first failure, for people.
    var complaint: String?

    mutating func add(_ other: Tally) {
        total = total + other.total
        window = window + other.window
        windowDuration = max(windowDuration, other.windowDuration)
        delivery.add(other.delivery)
        acceptance.add(other.acceptance)
        open += other.open
        complaint = complaint ?? other.complaint
    }
}
