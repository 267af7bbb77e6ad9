import MartletCore
import MartletRedis

/// The stores' ports, awaited.
extension StoresFixture {
    static let alice = Key(trusted: Array("alice".utf8)), bob = Key(trusted: Array("bob".utf8))
    static let phone = DeviceID(trusted: Array("phone".utf8))

    func head(_ slot: Slot) async -> Result<StoredSlot, PortError> {
        await withCheckedContinuation { wait in stores.mailboxes.head(of: slot) { wait.resume(returning: $0) } }
    }

    func claim(_ slot: Slot, _ epoch: Epoch) async -> StepOutcome {
        await withCheckedContinuation { wait in
            stores.mailboxes.claim(slot, epoch: epoch) { wait.resume(returning: $0) }
        }
    }

    func apply(_ step: StoreStep) async -> StepOutcome {
        await withCheckedContinuation { wait in stores.mailboxes.apply(step) { wait.resume(returning: $0) } }
    }

    func read(_ query: MailboxQuery, _ slot: Slot = Slot(0)) async -> Result<MailboxAnswer, PortError> {
        await withCheckedContinuation { wait in
            stores.mailboxes.read(query, in: slot) { wait.resume(returning: $0) }
        }
    }

    func page(_ user: Key = alice, after: Offset = 0) async throws -> MailboxPage {
        let answer = try await read(.page(user: user, after: after, maxEntries: 100_000, maxBytes: 1 << 30)).get()
        guard case .page(let page) = answer else { throw PortError.corrupt("no page") }
        return page
    }

    func presence(_ changes: [PresenceChange]) async -> PortError? {
        await withCheckedContinuation { wait in
            stores.presence.apply(changes, in: Slot(0)) { wait.resume(returning: $0) }
        }
    }

    func presence(of users: [Key]) async -> Result<[[PresenceRecord]], PortError> {
        await withCheckedContinuation { wait in stores.presence.query(users) { wait.resume(returning: $0) } }
    }

    func register(_ node: NodeRegistration) async -> Result<NodeRow, RegistrationError> {
        await withCheckedContinuation { wait in stores.cluster.register(node) { wait.resume(returning: $0) } }
    }

    func renew(_ node: NodeRegistration) async -> LeaseOutcome {
        await withCheckedContinuation { wait in
            stores.cluster.renew(node.id, incarnation: node.incarnation) { wait.resume(returning: $0) }
        }
    }

    func snapshot() async -> Result<ClusterSnapshot, PortError> {
        await withCheckedContinuation { wait in stores.cluster.snapshot { wait.resume(returning: $0) } }
    }

    func lead(_ candidate: String) async -> Result<Leadership, PortError> {
        await withCheckedContinuation { wait in
            stores.cluster.lead(candidate, ttlMilliseconds: 3_000) { wait.resume(returning: $0) }
        }
    }

    func publish(_ map: ClusterMap, term: UInt64) async -> Result<Bool, PortError> {
        await withCheckedContinuation { wait in
            stores.cluster.publish(map, term: term) { wait.resume(returning: $0) }
        }
    }

    func pin(_ slot: Slot, _ node: NodeID?) async -> PortError? {
        await withCheckedContinuation { wait in stores.pin(slot, to: node) { wait.resume(returning: $0) } }
    }

    static func node(_ name: String, incarnation: UInt64 = 1) -> NodeRegistration {
        NodeRegistration(
            id: NodeID(trusted: Array(name.utf8)), incarnation: incarnation, linkAddress: "127.0.0.1:1",
            clientAddress: "127.0.0.1:2")
    }

    static func map(version: UInt64, term: UInt64) -> ClusterMap {
        ClusterMap(version: version, term: term, nodes: [], slots: [ClusterMap.Assignment(owner: nil, epoch: version)])
    }

    static func entry(_ seq: Offset, from: Key = bob, time: Int64 = 1_800_000_000_000, bytes: Int = 8) -> Entry {
        Entry(
            seq: seq, id: MessageID(UInt64(seq)), from: from, conversation: Peer(.user, from),
            content: MessageContent(type: .message, body: [UInt8](repeating: 7, count: bytes)), time: time)
    }

    /// A step of the owner with epoch 1 from where it stands.
    static func step(
        _ from: Offset, to offset: Offset, slot: Slot = Slot(0), _ operations: [MailboxOperation] = [],
        state: [StateChange] = []
    ) -> StoreStep {
        StoreStep(
            slot: slot, epoch: 1, expectedOffset: from, expectedForwarded: from, offset: offset, forwarded: offset,
            operations: operations, state: state)
    }
}
