/// One slot's state machine over its log, as its owner runs it (design, section 3, rules 1 to 9).
///
/// A value without I/O, clock or randomness: its shell calls the methods below, each of which appends to `actions`
/// what the shell is to do, in order. Everything it decides is a function of the log, so any number of machines may
/// run over one slot (an owner, the zombie of an owner): epochs make the ones that are late stop, but what keeps
/// mailboxes right is that each decides the same from the same record, and that the store takes a step only from
/// where it stands.
///
/// **Start.** `open`, claim an epoch above the stored one, `open` again (nobody moves the store now), install a
/// checkpoint if the next record was trimmed, replay the log from `forwarded` + 1 to its end without answering, claim
/// again if a fence in it was not below the epoch, append the own Fence, and be ready when it is read back.
/// **Then** records come in through `read`, are decided at once, and their entries, answers and owed records go out;
/// steps bring the store after it, one at a time.
///
/// The files: `+Start`, `+Reading` (rules 1 to 4), `+Taking` (5), `+SendingOn` (6), `+Storing` (7), `+Checkpoints`
/// (9), `+Time`.
public struct SlotMachine: SlotView, Sendable {
    public let slot: Slot
    public internal(set) var epoch: Epoch = 0
    public internal(set) var counters = SlotCounters()

    let slotOf: @Sendable (Key) -> Slot
    let codec: RecordCodec
    let tuning: SlotTuning
    let policy: SlotPolicy

    var phase = Phase.idle
    var worker: UInt16 = 0
    var isReleasing = false
    /// Starting: what failed is tried again. Reading: the log reader failed.
    var startBackoff: Backoff
    var readBackoff: Backoff
    /// Sends and answers wait for the own Fence; nil once it was read back.
    var fenceAgainAt: Int64?

    var state: SlotState
    /// Changes of `state` above the stored `forwarded`.
    var history = StateHistory()
    /// Mailbox operations above the stored `offset`.
    var pending = PendingOperations()
    var owed: OwedRecords

    /// Offset of the next record that the reader brings, and of the next one to decide.
    var nextRead: Offset = 0
    var nextDecided: Offset = 0
    /// Records that wait for device states, and the devices that were asked for.
    var backlog = FIFOQueue<LoggedRecord>()
    var isLoading = false
    var loadBackoff: Backoff
    /// Device states read from the store are taken only as of this offset or later.
    var deviceFloor: Offset = -1

    /// As far as is known.
    var stored = StoredPosition()
    var inFlight: StepInFlight?
    /// The last step's outcome is unknown: the store is looked at before the next.
    var isLooking = false
    var stepBackoff: Backoff
    var lookedAt: Int64 = 0
    /// Somebody waits until the store is as of this offset.
    var wantedOffset: Offset = -1
    /// Since when something waits for a step.
    var stepWantedAt: Int64?
    var acknowledgedAt: Int64 = .min / 2
    var forwardedAt: Int64 = 0

    /// Rule 5: what was appended and perhaps not decided, oldest first.
    var written = FIFOQueue<WrittenSend>()
    /// Records of this owner are late to be decided: the first and the last one so far (monotonic).
    var late: (since: Int64, at: Int64)?
    /// Rows without a session, to leave memory when nothing of them is above `forwarded`.
    var leaving: [Int] = []

    var acknowledgements: Acknowledgements
    var checkpoints = CheckpointProgress()

    struct StoredPosition: Equatable, Sendable {
        var offset: Offset = -1
        var forwarded: Offset = -1
    }

    struct StepInFlight: Sendable {
        let position: StoredPosition
        let operations: Int
    }

    /// One send on its way: `n` of the device in `row`, appended at `at` (monotonic).
    struct WrittenSend: Sendable {
        let row: Int
        let version: UInt32
        let n: ClientSequence
        let at: Int64
    }

    enum Phase: Sendable {
        case idle
        /// Waits for the store's head and the log's bounds: before the claim, after it.
        case opening
        case claiming
        case reopening
        /// Reads the log up to `end` for checkpoints.
        case scanning(CheckpointScan, end: Offset)
        /// Waits for the step that installs one.
        case installing(CheckpointScan.Found, StoreStep)
        /// Decides and answers nobody, up to `end`.
        case replaying(end: Offset)
        /// Claims again: a fence in the log was not below the epoch.
        case raising
        case fencing
        case ready
        case stopped
    }

    /// - Parameters:
    ///   - generation: The log's identity; records of another one are void.
    ///   - slotOf: The slot of a user's key, 0 ..< `slotCount`.
    public init(
        slot: Slot, slotCount: Int, generation: UInt64, tuning: SlotTuning = SlotTuning(),
        slotOf: @escaping @Sendable (Key) -> Slot
    ) {
        self.init(
            slot: slot, slotCount: slotCount, generation: generation, tuning: tuning, policy: [], slotOf: slotOf)
    }

    init(
        slot: Slot, slotCount: Int, generation: UInt64, tuning: SlotTuning, policy: SlotPolicy,
        slotOf: @escaping @Sendable (Key) -> Slot
    ) {
        self.slot = slot
        self.slotOf = slotOf
        self.tuning = tuning
        self.policy = policy
        codec = RecordCodec(generation: generation)
        state = SlotState(slotCount: slotCount, window: tuning.outcomeWindow, policy: policy)
        owed = OwedRecords(acknowledged: state.outgoing, tuning: tuning)
        acknowledgements = Acknowledgements(slotCount: slotCount)
        startBackoff = Backoff(tuning)
        readBackoff = Backoff(tuning)
        loadBackoff = Backoff(tuning)
        stepBackoff = Backoff(tuning)
    }
}

extension SlotMachine {
    public var slotCount: Int { state.incoming.count }

    public var isReady: Bool { isAnswering && !isReleasing }
    public var decidedOffset: Offset { nextDecided - 1 }
    public var storedOffset: Offset { stored.offset }
    /// Everything derived from records up to here is acknowledged, and the store knows it.
    public var storedForwarded: Offset { stored.forwarded }
    public var isStopped: Bool { if case .stopped = phase { true } else { false } }

    /// False: the shell is to give no more records until it is true again (asked after any other input). Records wait
    /// for device states, or too much waits for the store.
    public var wantsRecords: Bool {
        backlog.count < tuning.recordsWaiting && pending.count < 2 * tuning.operationsWaiting
    }

    public func pendingOperations(of user: Key, above offset: Offset) -> [MailboxOperation] {
        pending.operations(of: user, above: offset)
    }

    public func deviceState(_ device: DeviceKey) -> DeviceState? {
        guard let row = state.devices.row(of: device) else { return nil }
        return state.devices[row].state(at: state.devices[row].last, window: tuning.outcomeWindow)
    }

    /// Its fence was read back: what it decides is answered and pushed.
    var isAnswering: Bool { if case .ready = phase { true } else { false } }

    /// It holds the epoch and decides: it may store, send on and acknowledge.
    var isWorking: Bool {
        switch phase {
        case .replaying, .fencing, .ready: true
        case .idle, .opening, .claiming, .reopening, .scanning, .installing, .raising, .stopped: false
        }
    }

    mutating func stop(_ reason: SlotStopReason, _ actions: inout [SlotAction]) {
        guard !isStopped else { return }
        phase = .stopped
        actions.append(.stop(reason))
    }

    /// What follows from an input: called once after each.
    mutating func settle(_ now: Now, _ actions: inout [SlotAction]) {
        finishReplay(now, &actions)
        guard isWorking else { return }
        sendOn(now, &actions)
        acknowledge(now, &actions)
        step(now, &actions)
        finishRelease(&actions)
    }
}
