import MartletCore

/// A slot's owner in miniature: it makes steps that follow on one another.
struct MailboxFixture {
    let store: any MailboxStore
    let slot: Slot
    var epoch: Epoch = 1
    var offset: Offset = -1
    var forwarded: Offset = -1

    static let alice = Key(trusted: Array("alice".utf8))
    static let bob = Key(trusted: Array("bob".utf8))
    static let carol = Key(trusted: Array("carol".utf8))
    static let phone = DeviceID(trusted: Array("phone".utf8))
    static let tablet = DeviceID(trusted: Array("tablet".utf8))

    init(_ subject: any ConformanceSubject, slot: Slot = Slot(0)) async throws {
        store = subject.mailboxes
        self.slot = slot
        try expectEqual(await store.claim(slot, epoch: 1), .applied)
    }

    /// A step from where the owner stands to `offset`.
    func step(
        to offset: Offset, forwarded: Offset? = nil, _ operations: [MailboxOperation] = [], state: [StateChange] = []
    ) -> StoreStep {
        StoreStep(
            slot: slot, epoch: epoch, expectedOffset: self.offset, expectedForwarded: self.forwarded, offset: offset,
            forwarded: forwarded ?? self.forwarded, operations: operations, state: state)
    }

    mutating func apply(_ step: StoreStep) async throws {
        try expectEqual(await store.apply(step), .applied)
        (offset, forwarded) = (step.offset, step.forwarded)
    }

    mutating func apply(
        to offset: Offset, forwarded: Offset? = nil, _ operations: [MailboxOperation] = [], state: [StateChange] = []
    ) async throws {
        try await apply(step(to: offset, forwarded: forwarded, operations, state: state))
    }

    func read(_ query: MailboxQuery) async throws -> MailboxAnswer { try await store.read(query, in: slot) }

    func page(_ user: Key, after: Offset = 0, maxEntries: Int = 1_000, maxBytes: Int = 1 << 24) async throws
        -> MailboxPage
    {
        guard
            case .page(let page) = try await read(
                .page(user: user, after: after, maxEntries: maxEntries, maxBytes: maxBytes))
        else { throw ConformanceFailure(description: "not a page") }
        return page
    }

    func conversation(_ user: Key, with peer: Key) async throws -> ConversationState? {
        guard
            case .conversation(_, let state) = try await read(
                .conversation(user: user, peer: Peer(.user, peer)))
        else { throw ConformanceFailure(description: "not a conversation") }
        return state
    }

    /// A message that came in.
    static func incoming(_ seq: Offset, from: Key, bytes: Int = 8, time: Int64 = 1_000) -> Entry {
        Entry(
            seq: seq, id: MessageID(UInt64(seq) + 1_000), from: from, conversation: Peer(.user, from),
            content: MessageContent(type: .message, body: [UInt8](repeating: 7, count: bytes)), time: time,
            sourceSeq: seq * 10)
    }

    /// The own copy of one that went out.
    static func outgoing(_ seq: Offset, of user: Key, to peer: Key) -> Entry {
        Entry(
            seq: seq, id: MessageID(UInt64(seq) + 1_000), from: user,
            origin: Entry.Origin(device: phone, clientSequence: UInt64(seq)), conversation: Peer(.user, peer),
            content: MessageContent(type: .message, body: [1]), time: 1_000)
    }
}
