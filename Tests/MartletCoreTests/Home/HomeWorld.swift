@testable import MartletCore

/// The sessions of one slot with a slot machine and a store that do what the test says. Actions are carried out;
/// what goes to edges and other slots is kept for the test to look at.
struct HomeWorld {
    struct Delivered: Equatable {
        var session: UInt64
        var envelope: ServerEnvelope
        var settles: Settles
        var pushedUpTo: Offset
        var live: Bool
    }

    var slot = FakeSlot()
    var store = FakeStore()
    var home: HomeSessions
    var now = Now(wall: 1_800_000_000_000, monotonic: 1_000)

    /// Off: queries are answered at once.
    var holdsQueries = false
    var failsQueries = false
    var queries: [(token: UInt64, query: MailboxQuery)] = []
    var delivered: [Delivered] = []
    var attached: [(session: SessionRef, attached: Attached)] = []
    var other: [HomeAction] = []
    var taken: [TakenSend] = []

    static let settings = HomeSettings(
        node: NodeID("home")!, incarnation: 7, generation: 99,
        slotOf: { Slot($0.bytes.reduce(0) { $0 + Int($1) } % 8) },
        encodeBody: { body in
            if case .text(let text) = body.content?.value { return Array(text.utf8) }
            return []
        })

    init(settings: HomeSettings = HomeWorld.settings) { home = HomeSessions(slot: Slot(3), settings: settings) }

    // MARK: Inputs

    mutating func say(_ message: SlotMessage) {
        run { $0.handle(message, slot: $1, now: $2, into: &$3) }
    }

    mutating func attach(
        _ id: UInt64, _ user: String, _ device: String = "phone", edge: String = "edge", cursor: Offset = 0,
        number: UInt64 = 0, pushedUpTo: Offset = 0, live: Bool = false, generation: UInt64 = 99, tier: Tier = .paid
    ) {
        let attach = Attach(
            session: ref(id, edge: edge), user: Key(user)!, device: DeviceID(device)!, number: number,
            generation: generation, cursor: cursor, pushedUpTo: pushedUpTo, live: live, tier: tier, since: 5)
        say(.attach(attach))
    }

    mutating func request(
        _ id: UInt64, _ user: String, _ frame: ClientFrame, ref number: UInt64? = nil, request: UInt64 = 1,
        edge: String = "edge"
    ) {
        let envelope = ClientEnvelope(ref: number, frame)
        say(.request(session: ref(id, edge: edge), user: Key(user)!, request: request, envelope))
    }

    func ref(_ id: UInt64, edge: String = "edge") -> SessionRef {
        SessionRef(edge: NodeID(edge)!, edgeIncarnation: 1, id: id)
    }

    /// A message comes in for `user`. Its seq.
    @discardableResult
    mutating func receive(
        _ user: String, from: String, _ text: String = "hi", type: EntryType = .message, expiresAt: Int64 = 0,
        bytes: Int? = nil
    ) -> Offset {
        slot.decidedOffset += 1
        let seq = slot.decidedOffset
        let body = bytes.map { [UInt8](repeating: 0, count: $0) } ?? Array(text.utf8)
        let entry = Entry(
            seq: seq, id: MessageID(UInt64(seq)), from: Key(from)!, conversation: Peer(.user, Key(from)!),
            content: MessageContent(type: type, expiresAt: expiresAt, body: body), time: now.wall,
            sourceSeq: 1_000 + seq)
        decide(Key(user)!, entry)
        return seq
    }

    /// The slot machine decides a send of `user`: the answer, then the own copy.
    @discardableResult
    mutating func accept(_ user: String, _ device: String = "phone", to: String, n: ClientSequence) -> Offset {
        slot.decidedOffset += 1
        let seq = slot.decidedOffset
        let key = DeviceKey(user: Key(user)!, device: DeviceID(device)!)
        let entry = Entry(
            seq: seq, id: MessageID(UInt64(seq)), from: key.user,
            origin: .init(device: key.device, clientSequence: n), conversation: Peer(.user, Key(to)!),
            content: MessageContent(type: .message, body: Array("own".utf8)), time: now.wall)
        // Both are decided before either is told, as in a batch.
        slot.pending.append(.init(offset: seq, isFromLog: true, operation: .append(user: key.user, entry)))
        answer(user, device, n, .accepted(id: entry.id, seq: seq, time: now.wall, isRetry: false))
        run { $0.decided(user: key.user, entry, slot: $1, now: $2, into: &$3) }
        return seq
    }

    mutating func answer(_ user: String, _ device: String = "phone", _ n: ClientSequence, _ answer: SendAnswer) {
        let key = DeviceKey(user: Key(user)!, device: DeviceID(device)!)
        run { $0.answer(key, n, answer, slot: $1, now: $2, into: &$3) }
    }

    mutating func decide(_ user: Key, _ entry: Entry) {
        slot.pending.append(.init(offset: entry.seq, isFromLog: true, operation: .append(user: user, entry)))
        run { $0.decided(user: user, entry, slot: $1, now: $2, into: &$3) }
    }

    mutating func decideRead(_ mark: ReadMark) {
        slot.decidedOffset += 1
        let at = slot.decidedOffset
        slot.pending.append(
            .init(
                offset: at, isFromLog: true,
                operation: .read(user: mark.user, conversation: mark.conversation, seq: mark.seq, at: at)))
        run { $0.readDecided(mark, at: at, slot: $1, now: $2, into: &$3) }
    }

    mutating func ready() { run { $0.ready(slot: $1, now: $2, into: &$3) } }

    mutating func tick(after milliseconds: Int64 = 50) {
        now.monotonic += milliseconds
        now.wall += milliseconds
        run { $0.tick(slot: $1, now: $2, into: &$3) }
    }

    /// One step stores everything.
    mutating func storeAll() {
        for pending in slot.pending { store.apply(pending.operation) }
        slot.pending = []
        store.offset = slot.decidedOffset
        slot.storedOffset = slot.decidedOffset
        run { $0.stored(upTo: $1.decidedOffset, slot: $1, now: $2, into: &$3) }
    }

    mutating func answerQueries() {
        while let (token, query) = queries.first {
            queries.removeFirst()
            answer(token, failsQueries ? .failure(.unavailable) : .success(store.answer(query)))
        }
    }

    mutating func answer(_ token: UInt64, _ result: Result<MailboxAnswer, PortError>) {
        run { $0.answered(token: token, result, slot: $1, now: $2, into: &$3) }
    }

    // MARK: Outputs

    /// What a session got since the last look.
    mutating func take(_ session: UInt64) -> [ServerEnvelope] {
        let mine = delivered.filter { $0.session == session }.map(\.envelope)
        delivered.removeAll { $0.session == session }
        return mine
    }

    mutating func takeOther() -> [HomeAction] {
        defer { other = [] }
        return other.filter { $0 != .later }
    }

    mutating func run(_ body: (inout HomeSessions, FakeSlot, Now, inout [HomeAction]) -> Void) {
        var actions: [HomeAction] = []
        body(&home, slot, now, &actions)
        for action in actions { perform(action) }
        if !holdsQueries { answerQueries() }
    }

    private mutating func perform(_ action: HomeAction) {
        switch action {
        case .query(let token, let query): queries.append((token, query))
        case .deliver(_, let ids, let envelope, let settles, let seq, let live):
            for id in ids {
                delivered.append(
                    Delivered(session: id, envelope: envelope, settles: settles, pushedUpTo: seq, live: live))
            }
        case .attached(let session, let attached): self.attached.append((session, attached))
        case .operations(let operations):
            for operation in operations {
                slot.pending.append(.init(offset: slot.decidedOffset, isFromLog: false, operation: operation))
            }
            other.append(action)
        case .take(let send): taken.append(send)
        default: other.append(action)
        }
    }
}

extension ServerEnvelope {
    var seqs: [Offset] {
        switch frame {
        case .messages(let messages): messages.entries.map(\.seq)
        case .accepted(let accepted): [accepted.seq]
        case .synced(let synced): synced.entries.map(\.seq)
        default: []
        }
    }

    var entry: Entry? { if case .messages(let messages) = frame { messages.entries.first } else { nil } }
    var synced: Synced? { if case .synced(let synced) = frame { synced } else { nil } }
    var accepted: Accepted? { if case .accepted(let accepted) = frame { accepted } else { nil } }
    var rejected: RejectedFrame? { if case .rejected(let rejected) = frame { rejected } else { nil } }
    var error: ErrorCode? { if case .error(let error) = frame { error.code } else { nil } }
    var receipt: ConversationState? { if case .receipt(let receipt) = frame { receipt.conversation } else { nil } }
    var behind: Offset? { if case .behind(let behind) = frame { behind.head } else { nil } }
}
