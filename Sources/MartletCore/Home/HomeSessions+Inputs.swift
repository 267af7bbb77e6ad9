// What the shell tells it. Each input appends what has to be done about it, in order.
extension HomeSessions {
    /// A message for the slot's owner; `acknowledged` is the slot machine's and ignored here.
    public mutating func handle(
        _ message: SlotMessage, slot: some SlotView, now: Now, into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        switch message {
        case .attach(let attach): self.attach(attach)
        case .request(let session, let user, let number, let envelope): request(session, user, number, envelope)
        case .detach(let session, let user): detach(session, user)
        case .signal(let from, let to, let type, let content):
            signal(from: from, to: Peer(.user, to), type: type, content)
        case .acknowledged: break
        case .receipts(let source, let notes): take(notes, from: source)
        case .receiptsStored(_, let notes): confirm(notes)
        }
    }

    /// The slot machine is ready: attaches that came early go on, and receipts that its predecessor owed are looked up.
    public mutating func ready(slot: some SlotView, now: Now, into actions: inout [HomeAction]) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        ask(.unreceipted, for: .unreceipted)
        let waiting = early
        early = []
        for attach in waiting { self.attach(attach) }
    }

    /// The slot machine decided an entry; in log order, right as it is decided.
    public mutating func decided(
        user: Key, _ entry: Entry, slot: some SlotView, now: Now, into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        follow(user, entry)
    }

    /// The slot machine decided a read mark, whose record is at `offset`.
    public mutating func readDecided(
        _ mark: ReadMark, at offset: Offset, slot: some SlotView, now: Now, into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        followRead(mark, at: offset)
    }

    /// The slot machine answers a send of this device.
    public mutating func answer(
        _ device: DeviceKey, _ n: ClientSequence, _ answer: SendAnswer, slot: some SlotView, now: Now,
        into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        answerSend(device, n, answer)
    }

    /// A store step was applied: everything decided up to `offset` is in the store.
    public mutating func stored(
        upTo offset: Offset, slot: some SlotView, now: Now, into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        pruneStreams(upTo: offset)
        confirmTaken(upTo: offset, slot)
        startStoredWork(upTo: offset)
    }

    /// The answer to `.query(token:)`.
    public mutating func answered(
        token: UInt64, _ result: Result<MailboxAnswer, PortError>, slot: some SlotView, now: Now,
        into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        guard let pending = queries.removeValue(forKey: token) else { return }
        switch result {
        case .success(let answer): resume(pending, token, answer, slot)
        case .failure(let error): fail(pending, token, error)
        }
    }

    /// The answer to `.presenceQuery(token:)`.
    public mutating func presence(
        token: UInt64, _ result: Result<[UserPresence], PortError>, now: Now, into actions: inout [HomeAction]
    ) {
        self.now = now
        swap(&out, &actions)
        defer { end(&actions) }
        guard case .presence(let asked) = queries.removeValue(forKey: token) else { return }
        answerPresence(asked, result)
    }

    /// That edge, in that life, is gone: its sessions end here without a goodbye.
    public mutating func edgeGone(
        _ gone: EdgeRef, slot: some SlotView, now: Now, into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        forgetEarly(of: gone)
        for row in rows(of: gone) { leave(row) }
        endSuspended(of: gone)
    }

    mutating func forgetEarly(of edge: EdgeRef) { early.removeAll { EdgeRef($0.session) == edge } }

    /// The sessions of that edge, in that life.
    func rows(of edge: EdgeRef) -> [Int] {
        guard let index = edges.find(edge.node, edge.incarnation) else { return [] }
        return sessions.rows.indices.filter { sessions[$0].user >= 0 && sessions[$0].edge == index }
    }

    /// The slot goes: everything is forgotten, and the edges look for the new home.
    public mutating func stop(into actions: inout [HomeAction]) {
        swap(&out, &actions)
        defer { end(&actions) }
        for session in allSessions { out.append(.notHome(session)) }
        forgetAll()
    }

    /// Every session that is attached here or about to be.
    public var allSessions: [SessionRef] {
        let here = sessions.rows.indices.filter { sessions[$0].user >= 0 }
        return here.map { reference($0) } + early.map(\.session)
    }

    /// Time passed: what is coalesced goes out, what was put off is tried again.
    public mutating func tick(slot: some SlotView, now: Now, into actions: inout [HomeAction]) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        deferred.isTickAsked = false
        runDeferred()
    }

    // MARK: -

    mutating func begin(_ slot: some SlotView, _ now: Now, _ actions: inout [HomeAction]) {
        self.now = now
        place = SlotPlace(slot)
        swap(&out, &actions)
    }

    mutating func end(_ actions: inout [HomeAction]) { swap(&out, &actions) }

    private mutating func forgetAll() {
        users = UserTable(seed: settings.hashSeed)
        sessions = SessionTable()
        edges = EdgeTable()
        queries = [:]
        early = []
        suspended = [:]
        receipts = ReceiptOutbox()
        reads = PendingReads()
        deferred = DeferredWork()
    }
}

/// Where the slot stands, taken once an input.
struct SlotPlace {
    var isReady = false
    var epoch: Epoch = 0
    var decided: Offset = -1
    var stored: Offset = -1

    init() {}

    init(_ slot: some SlotView) {
        isReady = slot.isReady
        epoch = slot.epoch
        decided = slot.decidedOffset
        stored = slot.storedOffset
    }
}

/// What the sessions of a slot did, since its owner started.
public struct HomeCounters: Equatable, Sendable {
    public var signalsDelivered: UInt64 = 0
    /// The recipient has no session here, or may not be signalled to.
    public var signalsDropped: UInt64 = 0
    public var wentBehind: UInt64 = 0
    public var replaced: UInt64 = 0
    /// Refused: the user had as many sessions as one may have.
    public var refused: UInt64 = 0
    /// Syncs that said that retention had removed what the device did not have.
    public var syncsWithLoss: UInt64 = 0
    public init() {}
}
