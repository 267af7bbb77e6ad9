/// How long to wait before the next attempt: doubled with each failure, drawn from the upper half, so that clients which
/// lost their server together do not come back together.
struct ReconnectBackoff {
    private let range: ClosedRange<Int64>
    private var next: Int64

    init(_ range: ClosedRange<Int64>) {
        self.range = range
        next = range.lowerBound
    }

    mutating func succeeded() { next = range.lowerBound }

    /// Milliseconds.
    mutating func failed() -> Int64 {
        defer { next = min(next * 2, range.upperBound) }
        return Int64.random(in: (next + 1) / 2...max(next, (next + 1) / 2))
    }

    /// The longest wait, for what another attempt will hardly change.
    mutating func refused() -> Int64 {
        next = range.upperBound
        return failed()
    }
}
