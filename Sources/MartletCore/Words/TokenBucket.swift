/// Admits `rate` events a second on average and `burst` at once. Twelve bytes of state; the caller brings the time.
public struct TokenBucket: Sendable, Equatable {
    /// Thousandths of a token, so that slow rates do not round to zero.
    private var millitokens: Int32
    private var updated: UInt32

    public init(burst: Int, now: Now) {
        millitokens = Int32(clamping: burst * 1000)
        updated = UInt32(truncatingIfNeeded: now.monotonic)
    }

    /// Takes one token: 0, or the milliseconds after which there will be one. `rate` is per second.
    public mutating func take(rate: Int, burst: Int, now: Now) -> Int64 {
        let elapsed = Int64(UInt32(truncatingIfNeeded: now.monotonic) &- updated)
        updated = UInt32(truncatingIfNeeded: now.monotonic)
        let refilled = Int64(millitokens) + min(elapsed, 3_600_000) * Int64(rate)
        millitokens = Int32(clamping: min(refilled, Int64(burst) * 1000))
        if millitokens >= 1000 {
            millitokens -= 1000
            return 0
        }
        return (Int64(1000 - millitokens) + Int64(rate) - 1) / Int64(max(rate, 1))
    }
}

/// Sends and signals a second and at once, by tier.
public struct RateLimit: Sendable, Equatable {
    public var rate: Int
    public var burst: Int

    public init(rate: Int, burst: Int) {
        self.rate = rate
        self.burst = burst
    }

    public static let free = RateLimit(rate: 10, burst: 20)
    public static let paid = RateLimit(rate: 100, burst: 200)
}
