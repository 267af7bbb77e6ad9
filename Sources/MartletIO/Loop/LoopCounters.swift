internal import Synchronization

/// A number that one thread adds to and any thread reads. Costs a plain addition.
public struct OwnedCounter: ~Copyable, Sendable {
    private let value = Atomic<UInt64>(0)

    init() {}

    public var current: UInt64 { value.load(ordering: .relaxed) }

    /// Only on the owner's thread: reads and stores instead of a locked addition.
    func add(_ amount: UInt64 = 1) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    func subtract(_ amount: UInt64 = 1) {
        value.store(value.load(ordering: .relaxed) &- amount, ordering: .relaxed)
    }
}

/// What a loop has done since its start; read from any thread.
public final class LoopCounters: Sendable {
    public let iterations = OwnedCounter()
    public let accepted = OwnedCounter()
    /// Connections turned away at `maxConnections` or for want of a descriptor.
    public let refused = OwnedCounter()
    /// Times that accepting paused because the process had no descriptor left.
    public let acceptPauses = OwnedCounter()
    public let open = OwnedCounter()
    public let bytesIn = OwnedCounter()
    public let bytesOut = OwnedCounter()
    public let reads = OwnedCounter()
    public let writes = OwnedCounter()
    /// Writes that the kernel did not take whole.
    public let partialWrites = OwnedCounter()
    public let overflows = OwnedCounter()
    public let messages = OwnedCounter()

    init() {}
}
