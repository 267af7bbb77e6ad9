import MartletCore
import Synchronization

/// The cluster store of one process: its state is in memory and its changes are written with the other rounds.
///
/// Leases are memory and monotonic time only, so a disk that hangs or fails ends none of them; registrations, reports
/// and maps wait for the disk. Where a write fails the state in memory stays, as after any outcome that is unknown.
final class EmbeddedCluster: SlotPins {
    private let context: EngineContext
    private let state: Mutex<ClusterState>
    private let watchers = Mutex<[@Sendable () -> Void]>([])
    private let isNotifying = Atomic(false)

    init(_ context: EngineContext, _ state: ClusterState) {
        self.context = context
        self.state = Mutex(state)
    }

    func register(_ node: NodeRegistration, done: @escaping @Sendable (Result<NodeRow, RegistrationError>) -> Void) {
        if let refusal { return answer { done(.failure(.port(refusal))) } }
        let now = now
        let (result, rows) = state.withLock { state in
            let forgotten = state.forgetGone(now)
            let (result, rows) = state.register(node, now)
            return (result, forgotten + rows)
        }
        write(rows) { error in done(error.map { .failure(.port($0)) } ?? result) }
    }

    func renew(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (LeaseOutcome) -> Void) {
        let now = now
        let (outcome, rows) = state.withLock { $0.renew(node, incarnation, now) }
        if !rows.isEmpty { context.queue.submit(.cluster(rows, done: { _ in })) }
        answer { done(outcome) }
    }

    func leave(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        change(done) { $0.end(node, incarnation) }
    }

    func reportDead(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        change(done) { $0.end(node, incarnation) }
    }

    func setDraining(
        _ node: NodeID, _ draining: Bool, done: @escaping @Sendable (Result<Bool, PortError>) -> Void
    ) {
        change(done) { $0.setDraining(node, draining) }
    }

    func report(
        _ reports: [SlotReport], from node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void
    ) {
        change(done) { $0.report(reports, from: node, incarnation) }
    }

    func lead(
        _ candidate: String, ttlMilliseconds: Int64, done: @escaping @Sendable (Result<Leadership, PortError>) -> Void
    ) {
        let now = now
        change(done) { $0.lead(candidate, ttl: ttlMilliseconds, now) }
    }

    func resign(_ candidate: String, done: @escaping @Sendable (PortError?) -> Void) {
        change(done) {
            $0.resign(candidate)
            return []
        }
    }

    func snapshot(done: @escaping @Sendable (Result<ClusterSnapshot, PortError>) -> Void) {
        let now = now
        let snapshot = state.withLock { $0.snapshot(now) }
        answer { done(.success(snapshot)) }
    }

    func publish(_ map: ClusterMap, term: UInt64, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        change(done) { $0.publish(map, term: term) }
    }

    func map(done: @escaping @Sendable (Result<ClusterMap?, PortError>) -> Void) {
        let map = state.withLock { $0.map }
        answer { done(.success(map)) }
    }

    func watch(_ changed: @escaping @Sendable () -> Void) { watchers.withLock { $0.append(changed) } }

    func pin(_ slot: Slot, to node: NodeID?, done: @escaping @Sendable (PortError?) -> Void) {
        change(done) { $0.pin(slot, to: node) }
    }

    // MARK: Changing and telling

    private var now: Now { context.environment.now() }
    private var refusal: PortError? { context.health.withLock { $0.refusal } }

    private func answer(_ done: @escaping @Sendable () -> Void) { context.pool.submit(done) }

    private func change(
        _ done: @escaping @Sendable (PortError?) -> Void, _ body: (inout ClusterState) -> [RowChange]
    ) {
        if let refusal { return answer { done(refusal) } }
        let rows = state.withLock { body(&$0) }
        write(rows, done)
    }

    private func change<R: Sendable>(
        _ done: @escaping @Sendable (Result<R, PortError>) -> Void, _ body: (inout ClusterState) -> (R, [RowChange])
    ) {
        if let refusal { return answer { done(.failure(refusal)) } }
        let (result, rows) = state.withLock { body(&$0) }
        write(rows) { error in done(error.map { .failure($0) } ?? .success(result)) }
    }

    /// Answers when the rows are written; at once if there are none.
    private func write(_ rows: [RowChange], _ done: @escaping @Sendable (PortError?) -> Void) {
        if rows.isEmpty { return answer { done(nil) } }
        context.queue.submit(
            .cluster(rows) { [self] error in
                done(error)
                notify()
            })
    }

    /// One call of the watchers for all changes until it begins.
    private func notify() {
        guard !isNotifying.exchange(true, ordering: .acquiringAndReleasing) else { return }
        context.pool.submit { [self] in
            isNotifying.store(false, ordering: .releasing)
            for watcher in watchers.withLock({ $0 }) { watcher() }
        }
    }
}
