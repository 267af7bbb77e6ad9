/// All sessions of one slot, at the slot's owner.
///
/// An instance is a value: inputs in, actions out, no clock and no I/O. It follows the slot machine (`SlotView`): what
/// that decides comes in through `decided` and goes out to the live sessions, what its sessions ask for goes out as
/// queries, sends and operations. It never waits: what needs the store is put aside under a token.
///
/// A user's entries leave it as one *stream*, strictly by seq and each with `prev` and `prevInConversation`. A session
/// is *live* on that stream or *behind* it (design, section 5). An entry whose conversation is not known in memory
/// holds the stream up until the store has told its head; without a store it goes on without that one field.
public struct HomeSessions {
    let slot: Slot
    let settings: HomeSettings
    var users: UserTable
    var sessions = SessionTable()
    var edges = EdgeTable()

    var queries: [UInt64: PendingQuery] = [:]
    var lastToken: UInt64 = 0
    /// Attaches that came before the slot was ready.
    var early: [Attach] = []
    /// Those whose link broke and came back, until they are attached again.
    var suspended: [SessionRef: SuspendedSession] = [:]
    var sessionCounter: UInt64 = 0

    var receipts = ReceiptOutbox()
    var reads = PendingReads()
    var deferred = DeferredWork()

    /// What the owner knows at this input, set as it begins.
    var now = Now(wall: 0, monotonic: 0)
    var place = SlotPlace()
    /// The caller's actions while an input is handled.
    var out: [HomeAction] = []

    public internal(set) var counters = HomeCounters()

    public init(slot: Slot, settings: HomeSettings) {
        self.slot = slot
        self.settings = settings
        users = UserTable(seed: settings.hashSeed)
    }
}
