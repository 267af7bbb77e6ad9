import MartletCore
import Synchronization

/// A cluster store that has what the test says, is away, or hangs.
final class FakeCluster: SlotPins {
    enum Mood { case answers, isAway, hangs }

    struct State {
        var mood = Mood.answers
        var snapshot = ClusterSnapshot(nodes: [], reports: [], map: nil)
        /// What hangs, kept as a client keeps its requests.
        var held: [@Sendable () -> Void] = []
    }

    let state = Mutex(State())

    init(_ nodes: [NodeRow] = [], _ map: ClusterMap? = nil) {
        state.withLock { $0.snapshot = ClusterSnapshot(nodes: nodes, reports: [], map: map) }
    }

    func become(_ mood: Mood) { state.withLock { $0.mood = mood } }

    private func answer<Value: Sendable>(
        _ done: @escaping @Sendable (Result<Value, PortError>) -> Void, _ make: (inout ClusterSnapshot) -> Value
    ) {
        let now = state.withLock { state -> (@Sendable () -> Void)? in
            switch state.mood {
            case .isAway: return { done(.failure(.unavailable)) }
            case .answers:
                let value = make(&state.snapshot)
                return { done(.success(value)) }
            case .hangs:
                state.held.append { done(.failure(.closed)) }
                return nil
            }
        }
        now?()
    }

    func snapshot(done: @escaping @Sendable (Result<ClusterSnapshot, PortError>) -> Void) { answer(done) { $0 } }
    func map(done: @escaping @Sendable (Result<ClusterMap?, PortError>) -> Void) { answer(done) { $0.map } }
    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        answer(done) { snapshot in
            guard let index = snapshot.nodes.firstIndex(where: { $0.registration.id == node }) else { return false }
            snapshot.nodes[index].draining = draining
            return true
        }
    }
    func pin(_ slot: Slot, to node: NodeID?, done: @escaping @Sendable (PortError?) -> Void) {
        answer({ (result: Result<Void, PortError>) in
            if case .failure(let error) = result { done(error) } else { done(nil) }
        }) { snapshot in
            snapshot.pins.removeAll { $0.slot == slot }
            if let node { snapshot.pins.append((slot, node)) }
        }
    }

    // Nobody asks an admin API for these.
    func register(_ node: NodeRegistration, done: @escaping @Sendable (Result<NodeRow, RegistrationError>) -> Void) {
        done(.failure(.port(.closed)))
    }
    func renew(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (LeaseOutcome) -> Void) { done(.lost) }
    func leave(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) { done(.closed) }
    func reportDead(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        done(.closed)
    }
    func report(
        _ reports: [SlotReport], from node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void
    ) { done(.closed) }
    func lead(
        _ candidate: String, ttlMilliseconds: Int64, done: @escaping @Sendable (Result<Leadership, PortError>) -> Void
    ) { answer(done) { _ in Leadership(leader: candidate, term: 1) } }
    func resign(_ candidate: String, done: @escaping @Sendable (PortError?) -> Void) { done(nil) }
    func publish(_ map: ClusterMap, term: UInt64, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        done(.failure(.closed))
    }
    func watch(_ changed: @escaping @Sendable () -> Void) {}
}

/// A presence store with one device online for each user that is in it; nil: it is away.
final class FakePresence: PresenceStore {
    private let rows: [Key: PresenceRow]?

    init(_ rows: [PresenceRow]?) {
        self.rows = rows.map { Dictionary($0.map { ($0.user, $0) }, uniquingKeysWith: { _, last in last }) }
    }

    func apply(_ changes: [PresenceChange], in slot: Slot, done: @escaping @Sendable (PortError?) -> Void) { done(nil) }

    func query(_ users: [Key], done: @escaping @Sendable (Result<[[PresenceRecord]], PortError>) -> Void) {
        guard let rows else { return done(.failure(.unavailable)) }
        done(
            .success(
                users.map { user in
                    rows[user].map { [PresenceRecord(device: $0.device, online: $0, lastSeen: 7)] } ?? []
                }))
    }
}
