internal import Synchronization

/// A count that only grows. A cell of its own for whoever asked for it, so threads do not fight for one cache line; the
/// registry adds up the cells of one name and labels.
public final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)

    init() {}

    public func add(_ amount: UInt64 = 1) { value.wrappingAdd(amount, ordering: .relaxed) }
    public var current: UInt64 { value.load(ordering: .relaxed) }
}

/// A number that goes up and down. Cells of one name and labels add up.
public final class Gauge: Sendable {
    private let value = Atomic<Int64>(0)

    init() {}

    public func set(_ value: Int64) { self.value.store(value, ordering: .relaxed) }
    public func add(_ amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    public var current: Int64 { value.load(ordering: .relaxed) }
}

/// How often values fell below each of some bounds. Values are whole numbers of a small unit (nanoseconds, bytes).
public final class Histogram: Sendable {
    let scale: HistogramScale
    private let sum = Atomic<UInt64>(0)
    private let counts: [Counter]

    init(scale: HistogramScale) {
        self.scale = scale
        counts = (0...scale.bounds.count).map { _ in Counter() }
    }

    public func observe(_ value: UInt64) {
        counts[scale.bounds.firstIndex { value <= $0 } ?? scale.bounds.count].add()
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    /// Per bound, not cumulative; the last one counts what is above all bounds.
    var bucketCounts: [UInt64] { counts.map(\.current) }
    var total: UInt64 { sum.load(ordering: .relaxed) }
}

/// The bounds of a histogram, ascending, and how many of its small units make the unit that is written out.
public struct HistogramScale: Sendable, Equatable {
    public let bounds: [UInt64]
    public let unitsPerWhole: Double

    public init(bounds: [UInt64], unitsPerWhole: Double) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "a histogram's bounds must ascend")
        self.bounds = bounds
        self.unitsPerWhole = unitsPerWhole
    }

    /// Observed in nanoseconds, written in seconds: 50 µs to 10 s.
    public static let latency = HistogramScale(
        bounds: [
            50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
            100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 10_000_000_000,
        ], unitsPerWhole: 1_000_000_000)

    /// Counts and bytes: powers of four from 1 to 4 Mi.
    public static let size = HistogramScale(bounds: (0...11).map { 1 << (2 * $0) }, unitsPerWhole: 1)
}
