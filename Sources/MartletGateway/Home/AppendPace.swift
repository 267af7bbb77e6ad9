import MartletCore

/// How long a loop's records gather before they go to the log.
///
/// A log that lies elsewhere takes a request for each slot that has records, and a request costs about ten times what a
/// record does. So under load records wait for company: a millisecond for each 400 records a second of the loop, up to
/// a maximum. In a quiet hour they go at once, since nobody would come to join them.
struct AppendPace {
    static let recordsPerSecondPerMillisecond = 400
    /// The rate is what went out in the last while, so that a burst is known soon and forgotten soon.
    static let windowMilliseconds: Int64 = 50

    let maxMilliseconds: Int64
    private(set) var milliseconds: Int64 = 0
    private var windowStart: Int64 = 0
    private var records = 0
    private var lastFlush: Int64 = .min / 2

    init(maxMilliseconds: Int64) { self.maxMilliseconds = maxMilliseconds }

    /// How much longer what waits has to wait; 0 or less: it goes now.
    func wait(now: Int64) -> Int64 { lastFlush + milliseconds - now }

    mutating func flushed(_ count: Int, now: Int64) {
        lastFlush = now
        records += count
        let passed = now - windowStart
        guard passed >= Self.windowMilliseconds else { return }
        let perSecond = Int64(records) * 1_000 / passed
        milliseconds = min(perSecond / Int64(Self.recordsPerSecondPerMillisecond), maxMilliseconds)
        (windowStart, records) = (now, 0)
    }
}
