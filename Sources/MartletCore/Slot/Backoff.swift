/// When to try again: after `first`, then twice as long each time, up to `limit`. Milliseconds, monotonic.
struct Backoff: Sendable {
    private let first: Int64
    private let limit: Int64
    private var next: Int64
    private(set) var dueAt: Int64?

    init(_ tuning: SlotTuning) {
        first = tuning.retryMilliseconds
        limit = tuning.retryMaxMilliseconds
        next = tuning.retryMilliseconds
    }

    mutating func failed(_ now: Now) {
        dueAt = now.monotonic + next
        next = min(next * 2, limit)
    }

    mutating func succeeded() {
        dueAt = nil
        next = first
    }

    /// True once when it is time.
    mutating func isDue(_ now: Now) -> Bool {
        guard let dueAt, dueAt <= now.monotonic else { return false }
        self.dueAt = nil
        return true
    }
}
