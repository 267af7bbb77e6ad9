import Testing

@testable import MartletCore

/// Random histories: entries come, sessions attach and drop, links lose what is on them, owners change, the store
/// lags; the clients only follow the protocol. In the end each has shown exactly the mailbox, in order, once.
struct HomeHistoryTests {
    @Test(arguments: 0..<400)
    func everyClientEndsWithTheMailbox(seed: UInt64) {
        var history = History(seed: seed)
        for _ in 0..<300 { history.step() }
        history.finish()
        for place in history.clients.indices { history.check(place) }
    }
}

/// One user, two devices, a home that changes, and links that forget.
struct History {
    var random: SplitMix
    var slot = FakeSlot()
    var store = FakeStore()
    var home = HomeSessions(slot: Slot(3), settings: HomeWorld.settings)
    var now = Now(wall: 1_800_000_000_000, monotonic: 0)
    var clients: [ClientModel]
    var toHome: [SlotMessage] = []
    var toEdge: [(session: UInt64, event: EdgeEvent)] = []
    var queries: [(token: UInt64, answer: MailboxAnswer)] = []
    var takes: [TakenSend] = []
    var lastSession: UInt64 = 0
    let user = Key("bob")!

    enum EdgeEvent {
        case attached(Attached)
        case notHome
        case deliver(ServerEnvelope, Settles, Offset, Bool)
        case close(ErrorCode)
    }

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        clients = [ClientModel(device: "phone"), ClientModel(device: "desk")]
    }

    // MARK: Steps

    mutating func step() {
        switch random.below(20) {
        case 0, 1, 2: receive()
        case 3: send()
        case 4: decideTake()
        case 5, 6, 7: if !toHome.isEmpty { deliverToHome() }
        case 8, 9, 10, 11: if !toEdge.isEmpty { deliverToEdge() }
        case 12: answerQuery()
        case 13: connectOrDrop()
        case 14: acknowledge()
        case 15: storeSome()
        case 16: tick()
        case 17: if random.below(4) == 0 { breakLink() }
        case 18: if random.below(6) == 0 { handOff() }
        default: for _ in 0..<random.below(6) { pump() }
        }
    }

    mutating func pump() {
        if !toHome.isEmpty { deliverToHome() }
        answerQuery()
        if !toEdge.isEmpty { deliverToEdge() }
    }

    /// Everything is let run out: whoever is not connected connects, and what is on its way arrives.
    mutating func finish() {
        for place in clients.indices where clients[place].edge == nil { connect(place) }
        for _ in 0..<400 {
            for _ in 0..<40 { pump() }
            while !takes.isEmpty { decideTake() }
            storeSome()
            tick()
            for place in clients.indices where clients[place].edge == nil { connect(place) }
        }
    }

    private mutating func receive() {
        slot.decidedOffset += Offset(1 + random.below(2))
        let from = Key(["alice", "carol", "dave"][random.below(3)])!
        let entry = Entry(
            seq: slot.decidedOffset, id: MessageID(UInt64(slot.decidedOffset)), from: from,
            conversation: Peer(.user, from), content: MessageContent(type: .message, body: [1]), time: 0,
            sourceSeq: slot.decidedOffset + 5)
        decide(entry)
    }

    private mutating func decide(_ entry: Entry) {
        slot.pending.append(.init(offset: entry.seq, isFromLog: true, operation: .append(user: user, entry)))
        let user = user
        run { $0.decided(user: user, entry, slot: $1, now: $2, into: &$3) }
    }

    private mutating func send() {
        let place = random.below(2)
        guard clients[place].edge != nil, let send = clients[place].nextSend() else { return }
        frame(place, .send(send))
    }

    /// As the slot machine does it: the next number counts, an old one is a retry, one beyond is out of order.
    private mutating func decideTake() {
        guard !takes.isEmpty else { return }
        let posted = takes.removeFirst().posted
        let n = posted.clientSequence
        var device = slot.devices[posted.sender] ?? DeviceState()
        if n == device.last + 1 {
            slot.decidedOffset += 1
            let seq = slot.decidedOffset
            device.last = n
            device.outcomes = (device.outcomes + [.accepted(id: MessageID(UInt64(seq)), seq: seq)]).suffix(64)
            slot.devices[posted.sender] = device
            answer(posted.sender, n, .accepted(id: MessageID(UInt64(seq)), seq: seq, time: 0, isRetry: false))
            decide(
                Entry(
                    seq: seq, id: MessageID(UInt64(seq)), from: user,
                    origin: .init(device: posted.sender.device, clientSequence: n), conversation: posted.to,
                    content: posted.content, time: 0))
        } else if n <= device.last,
            case .accepted(let id, let seq) = device.outcomes[device.outcomes.count - Int(device.last - n) - 1]
        {
            answer(posted.sender, n, .accepted(id: id, seq: seq, time: 0, isRetry: true))
        } else {
            answer(posted.sender, n, .outOfOrder(expected: device.last + 1))
        }
    }

    private mutating func answer(_ device: DeviceKey, _ n: ClientSequence, _ answer: SendAnswer) {
        run { $0.answer(device, n, answer, slot: $1, now: $2, into: &$3) }
    }

    private mutating func storeSome() {
        let upTo = slot.decidedOffset - Offset(random.below(2))
        guard upTo >= slot.storedOffset else { return }
        for pending in slot.pending where pending.offset <= upTo { store.apply(pending.operation) }
        slot.pending.removeAll { $0.offset <= upTo }
        store.offset = upTo
        slot.storedOffset = upTo
        run { $0.stored(upTo: upTo, slot: $1, now: $2, into: &$3) }
    }

    private mutating func answerQuery() {
        guard !queries.isEmpty else { return }
        let (token, answer) = queries.remove(at: random.below(queries.count))
        run { $0.answered(token: token, .success(answer), slot: $1, now: $2, into: &$3) }
    }

    private mutating func tick() {
        now.monotonic += 60
        run { $0.tick(slot: $1, now: $2, into: &$3) }
        for place in clients.indices { edge(place) { $0.tick($1, now: $2, into: &$3) } }
    }

    // MARK: Faults

    private mutating func breakLink() {
        toHome = []
        toEdge = []
        for place in clients.indices { edge(place) { $0.homeChanged($1, now: $2, into: &$3) } }
    }

    /// Planned or not: the new owner has read the log again and knows nothing of sessions; what did not come from the
    /// log is lost.
    private mutating func handOff() {
        slot.epoch += 1
        slot.pending.removeAll { !$0.isFromLog }
        home = HomeSessions(slot: Slot(3), settings: HomeWorld.settings)
        queries = []
        takes = []
        breakLink()
        run { $0.ready(slot: $1, now: $2, into: &$3) }
    }

    private mutating func connectOrDrop() {
        let place = random.below(2)
        if clients[place].edge == nil { return connect(place) }
        guard random.below(3) == 0 else { return }
        edge(place) { session, settings, _, actions in session.closed(settings, into: &actions) }
        clients[place].dropped()
    }

    private mutating func connect(_ place: Int) {
        lastSession += 1
        clients[place].edge = EdgeSession(id: lastSession, now: now)
        clients[place].session = lastSession
        var hello = Hello()
        hello.device = clients[place].device.description
        hello.cursor = clients[place].cursor
        hello.generation = 99
        let claims = SessionClaims(user: user, tier: .paid)
        edge(place) { $0.hello(hello, claims, ref: nil, $1, now: $2, into: &$3) }
    }

    private mutating func acknowledge() {
        let place = random.below(2)
        guard clients[place].edge?.isAttached == true else { return }
        var ack = Ack()
        ack.seq = clients[place].cursor
        frame(place, .ack(ack))
    }

    // MARK: Links

    private mutating func deliverToHome() {
        let message = toHome.removeFirst()
        run { $0.handle(message, slot: $1, now: $2, into: &$3) }
    }

    private mutating func deliverToEdge() {
        let (session, event) = toEdge.removeFirst()
        guard let place = clients.firstIndex(where: { $0.session == session }) else { return }
        switch event {
        case .attached(let attached):
            edge(place) { $0.attached(attached, $1, home: nil, now: $2, into: &$3) }
        case .notHome: edge(place) { $0.notHome(now: $2, into: &$3) }
        case .close(let code):
            if code != .replaced { Issue.record("closed with \(code)") }
            clients[place].dropped()
        case .deliver(let envelope, let settles, let seq, let live):
            var isWritten = false
            edge(place) { isWritten = $0.delivered(settles, pushedUpTo: seq, live: live, $1, into: &$3) }
            if isWritten { hear(place, envelope) }
        }
    }

    private mutating func frame(_ place: Int, _ frame: ClientFrame) {
        edge(place) { $0.frame(ClientEnvelope(frame), $1, now: $2, into: &$3) }
    }

    private mutating func hear(_ place: Int, _ envelope: ServerEnvelope) {
        for frame in clients[place].hear(envelope) { self.frame(place, frame) }
    }

    private static let edgeSettings = EdgeSettings(node: NodeID("edge")!, incarnation: 1)

    private mutating func edge(
        _ place: Int, _ body: (inout EdgeSession, EdgeSettings, Now, inout [EdgeAction]) -> Void
    ) {
        guard clients[place].edge != nil else { return }
        var actions: [EdgeAction] = []
        body(&clients[place].edge!, Self.edgeSettings, now, &actions)
        for action in actions {
            switch action {
            case .forward(let message): toHome.append(message)
            case .answer(let envelope): hear(place, envelope)
            case .close: clients[place].dropped()
            case .signal, .stopReading, .resumeReading, .waiting, .settled: break
            }
        }
    }

    private mutating func run(_ body: (inout HomeSessions, FakeSlot, Now, inout [HomeAction]) -> Void) {
        var actions: [HomeAction] = []
        body(&home, slot, now, &actions)
        for action in actions { perform(action) }
    }

    private mutating func perform(_ action: HomeAction) {
        switch action {
        case .query(let token, let query): queries.append((token, store.answer(query)))
        case .attached(let session, let attached): toEdge.append((session.id, .attached(attached)))
        case .notHome(let session): toEdge.append((session.id, .notHome))
        case .deliver(_, let ids, let envelope, let settles, let seq, let live):
            for id in ids { toEdge.append((id, .deliver(envelope, settles, seq, live))) }
        case .close(_, let ids, let code, _):
            for id in ids { toEdge.append((id, .close(code))) }
        case .take(let send): takes.append(send)
        case .operations(let operations):
            for operation in operations {
                slot.pending.append(.init(offset: slot.decidedOffset, isFromLog: false, operation: operation))
            }
        case .presenceQuery, .deviceLoaded, .forget, .write, .presence, .receipts, .receiptsStored, .later, .readDevice,
            .storeSoon:
            break
        }
    }

    // MARK: What must hold

    func check(_ place: Int) {
        let mailbox = (store.mailboxes[user]?.entries ?? []).map(\.seq)
        let client = clients[place]
        #expect(client.shown == mailbox, "\(client.device) has seen something else")
        #expect(client.gapsSwallowed == 0)
        // Its edge knows what was written to it, so no home needs the client to find a gap.
        #expect(client.gaps == 0)
        #expect(client.open.isEmpty, "sends without an answer")
        let sent = (store.mailboxes[user]?.entries ?? []).filter { $0.origin?.device == client.device }
        #expect(sent.map { $0.origin!.clientSequence } == Array(1..<(client.lastSent + 1)))
        #expect(client.edge?.held.isEmpty == true, "frames that were never settled")
    }
}
