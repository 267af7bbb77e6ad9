/// What a slot machine met, for metrics. They only grow.
public struct SlotCounters: Hashable, Sendable {
    public var decided: UInt64 = 0
    public var accepted: UInt64 = 0
    public var rejected: UInt64 = 0
    public var retries: UInt64 = 0
    public var gaps: UInt64 = 0
    /// Incoming that counted, and that was dropped as double or early.
    public var incoming: UInt64 = 0
    public var incomingDropped: UInt64 = 0
    /// Bytes that are no record, records of another generation or an epoch below the fence, kinds that may be skipped.
    public var garbage: UInt64 = 0
    public var void: UInt64 = 0
    public var skipped: UInt64 = 0
    /// Owed records that went out, again included.
    public var sentOn: UInt64 = 0
    public var steps: UInt64 = 0
    public var failedSteps: UInt64 = 0
    /// Starts from a checkpoint.
    public var installed: UInt64 = 0

    public init() {}
}
