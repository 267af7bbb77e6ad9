import MartletCore
import Synchronization

/// A cluster store in memory. Answers wait until the test delivers them, on whatever thread that is; so nothing in a
/// test depends on time.
final class FakeClusterStore: ClusterStore {
    struct State {
        var rows: [NodeRow] = []
        var reports: [SlotReport] = []
        var map: ClusterMap?
        var leader: Leadership?
        var failure: PortError?
        var calls: [String] = []
        var pending: [@Sendable () -> Void] = []
        var watchers: [@Sendable () -> Void] = []
    }

    let state = Mutex(State())

    /// Runs the answers that wait; tells how many.
    @discardableResult
    func deliver() -> Int {
        let answers = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        for answer in answers { answer() }
        return answers.count
    }

    func hint() {
        for watcher in state.withLock({ $0.watchers }) { watcher() }
    }

    func add(_ name: String) {
        let registration = NodeRegistration(
            id: NodeID(trusted: Array(name.utf8)), incarnation: 1, linkAddress: "l", clientAddress: "c")
        state.withLock { $0.rows.append(NodeRow(registration: registration, worker: $0.rows.count)) }
    }

    var calls: [String] { state.withLock { $0.calls } }
    var map: ClusterMap? { state.withLock { $0.map } }

    /// Decides at the call, answers later.
    private func answer<Value: Sendable>(
        _ call: String, _ done: @escaping @Sendable (Result<Value, PortError>) -> Void,
        _ decide: (inout State) -> Value
    ) {
        state.withLock { state in
            state.calls.append(call)
            let result: Result<Value, PortError> = state.failure.map { .failure($0) } ?? .success(decide(&state))
            state.pending.append { done(result) }
        }
    }
}

extension FakeClusterStore {
    func lead(
        _ candidate: String, ttlMilliseconds: Int64, done: @escaping @Sendable (Result<Leadership, PortError>) -> Void
    ) {
        answer("lead", done) { state in
            let leadership = state.leader ?? Leadership(leader: candidate, term: 1)
            state.leader = leadership
            return leadership
        }
    }

    func resign(_ candidate: String, done: @escaping @Sendable (PortError?) -> Void) {
        answer("resign", { (result: Result<Void, PortError>) in done(result.failure) }) { state in
            if state.leader?.leader == candidate { state.leader = nil }
        }
    }

    func snapshot(done: @escaping @Sendable (Result<ClusterSnapshot, PortError>) -> Void) {
        answer("snapshot", done) { ClusterSnapshot(nodes: $0.rows, reports: $0.reports, map: $0.map) }
    }

    func publish(_ map: ClusterMap, term: UInt64, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        answer("publish", done) { state in
            guard state.leader?.term == term, map.version == (state.map?.version ?? 0) + 1 else { return false }
            state.map = map
            return true
        }
    }

    func map(done: @escaping @Sendable (Result<ClusterMap?, PortError>) -> Void) { answer("map", done) { $0.map } }

    func watch(_ changed: @escaping @Sendable () -> Void) { state.withLock { $0.watchers.append(changed) } }
}

/// What gateways call; a coordinator has no use for it.
extension FakeClusterStore {
    func register(_ node: NodeRegistration, done: @escaping @Sendable (Result<NodeRow, RegistrationError>) -> Void) {
        done(.failure(.port(.closed)))
    }
    func renew(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (LeaseOutcome) -> Void) { done(.lost) }
    func leave(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) { done(.closed) }
    func reportDead(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        done(.closed)
    }
    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        done(.failure(.closed))
    }
    func report(
        _ reports: [SlotReport], from node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void
    ) { done(.closed) }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
