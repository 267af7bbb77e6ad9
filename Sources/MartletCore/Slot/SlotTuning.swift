/// The slot machine's knobs. Counts and milliseconds.
public struct SlotTuning: Sendable, Equatable {
    /// Outcomes that answer retries, per device. A device gives out a number only below its lowest unanswered plus
    /// this, so a retry from further back is a stray one and nobody waits for its answer.
    public var outcomeWindow: UInt64 = 64
    /// Owed records of one target past which sends to it get `busy`.
    public var owedPerTarget = 65_536
    /// Owed records of one target on their way and not acknowledged: at most, and while it is asked again.
    public var owedInFlight = 8_192
    public var owedProbe = 256
    /// Without an acknowledgement, owed records go again after this; twice that the next time, up to the maximum. Each
    /// acknowledgement takes an eighth off what it has grown to.
    public var resendMilliseconds: Int64 = 1_000
    public var resendMaxMilliseconds: Int64 = 30_000
    /// After a failed append, step, look or start.
    public var retryMilliseconds: Int64 = 50
    public var retryMaxMilliseconds: Int64 = 2_000
    /// The fence goes again if it was not read back. Twice a log's append time at its worst.
    public var fenceMilliseconds: Int64 = 1_000
    /// A send that was written and not decided is forgotten after this, and its device may write it again. With the
    /// tick that sees it, a sender hears within 5 s that it has to.
    public var writtenMilliseconds: Int64 = 4_000
    /// Where own records take this long from the append to their decision, and go on to do so for
    /// `busyAfterMilliseconds`, sends get `busy` until it is less, or no record has said so for `busyForMilliseconds`.
    public var busyMilliseconds: Int64 = 2_000
    public var busyAfterMilliseconds: Int64 = 500
    public var busyForMilliseconds: Int64 = 1_000
    /// A step waits until its first operation is this old, or there are so many: nobody waits for the store, and the
    /// fewer steps the better. 0: at once.
    public var stepMilliseconds: Int64 = 0
    public var stepOperations = 128
    /// How many mailbox operations go into one step, and may wait for the store before sends get `unavailable`.
    public var operationsPerStep = 512
    public var operationsWaiting = 65_536
    /// The stored `forwarded` moves when it can by this many records, or after this time: device states are written
    /// once per move, and a new owner decides again what lies behind it.
    public var forwardedRecords: Offset = 1_024
    public var forwardedMilliseconds: Int64 = 250
    /// An owner with nothing to store looks at the store this often, so that a lost tail is noticed.
    public var lookMilliseconds: Int64 = 1_000
    /// Acknowledgements are gathered for so long: the other side can wait. 0: they go at once.
    public var acknowledgeAfterMilliseconds: Int64 = 0
    /// Acknowledgements of the last while go again this often.
    public var acknowledgeMilliseconds: Int64 = 1_000
    /// A checkpoint is due after this many records, or after this time if there were any.
    public var checkpointRecords: Offset = 200_000
    public var checkpointMilliseconds: Int64 = 3_600_000
    public var checkpointRowsPerPart = 128
    /// Trimming is allowed in pieces of at least this many records.
    public var trimRecords: Offset = 1_024
    /// Records that wait for device states, past which the shell is asked to read no more.
    public var recordsWaiting = 4_096

    public init() {}
}
