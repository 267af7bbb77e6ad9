/// Counts of latencies in buckets 1.6 % wide: 64 to each power of two of nanoseconds, up to days.
public struct LatencyHistogram: Sendable {
    private static let bits = 6
    private var counts = [UInt64](repeating: 0, count: (48 - bits + 1) << bits)
    public private(set) var count: UInt64 = 0
    public private(set) var max: UInt64 = 0

    public init() {}

    public mutating func record(_ nanoseconds: UInt64) {
        counts[LatencyHistogram.bucket(nanoseconds)] += 1
        count += 1
        max = Swift.max(max, nanoseconds)
    }

    public mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        max = Swift.max(max, other.max)
    }

    /// The latency that `fraction` of all did not exceed; nanoseconds, rounded up to a bucket's upper end. 0: none.
    public func quantile(_ fraction: Double) -> UInt64 {
        let wanted = UInt64((Double(count) * fraction).rounded(.up))
        var seen: UInt64 = 0
        for index in counts.indices where counts[index] > 0 {
            seen += counts[index]
            if seen >= wanted { return min(LatencyHistogram.upperEnd(index), max) }
        }
        return max
    }

    /// Below 64 each value has its own bucket; above, the six bits behind the highest one choose it.
    private static func bucket(_ value: UInt64) -> Int {
        let value = min(value, 1 << 48 - 1)
        let shift = Swift.max(0, 63 - value.leadingZeroBitCount - bits)
        return shift << bits + Int(value >> UInt64(shift))
    }

    private static func upperEnd(_ index: Int) -> UInt64 {
        let shift = Swift.max(0, index >> bits - 1)
        let mantissa = UInt64(index - shift << bits)
        return (mantissa + 1) << UInt64(shift) - 1
    }
}
