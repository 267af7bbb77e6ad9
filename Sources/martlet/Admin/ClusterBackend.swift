import MartletAdmin
import MartletCoordinator
import MartletCore
import MartletGateway
import MartletIO

/// Answers the admin API of a process from the cluster store, the presence store and its own gateways.
final class ClusterBackend: AdminBackend {
    /// Longer than this no store is waited for; below the server's own patience, so that the answer says why.
    static let patienceMilliseconds = 3_000

    let sources: AdminSources

    init(_ sources: AdminSources) { self.sources = sources }

    // MARK: the process

    /// A gateway waits for what it needs itself; a coordinator for the store and for somebody who leads.
    func readiness(done: @escaping AdminDone<Readiness>) {
        let gateways = sources.gateways()
        var waiting = gateways.flatMap { ClusterBackend.waiting($0.id, $0.status) } + sources.engineWaitsFor()
        guard gateways.isEmpty, let coordinator = sources.coordinator else {
            if gateways.isEmpty { waiting.append("a node: none is started") }
            return done(.success(Readiness(waitingFor: waiting)))
        }
        let leads = coordinator.leadership != nil
        let engineWaits = waiting
        snapshot { result in
            let store = result.isSuccess ? [] : ["the cluster store"]
            done(.success(Readiness(waitingFor: engineWaits + store + (leads ? [] : ["a coordinator that leads"]))))
        }
    }

    static func waiting(_ node: NodeID, _ status: GatewayStatus) -> [String] {
        guard status.isMember else {
            return status.reachesStore ? ["\(node) to join"] : ["the cluster store", "\(node) to join"]
        }
        var waiting: [String] = []
        if !status.reachesStore { waiting.append("the cluster store") }
        if !status.hasMap { waiting.append("a cluster map") }
        if status.startingSlots > 0 { waiting.append("\(status.startingSlots) slots that are starting") }
        if status.isDraining { waiting.append("\(node) to be undrained") }
        return waiting
    }

    func metrics(done: @escaping AdminDone<String>) { done(.success(sources.registry.prometheusText())) }

    // MARK: the cluster

    func cluster(done: @escaping AdminDone<ClusterReport>) {
        let sources = sources
        answer(done) { snapshot in
            let (map, leader) = (snapshot.map, snapshot.leadership)
            // While nobody leads, the last map says which term was the last.
            return ClusterReport(
                version: map?.version ?? 0, term: leader?.term ?? map?.term ?? 0, leader: leader?.leader,
                nodes: snapshot.nodes.map { NodeReport($0, map, sources) }, slots: SlotStatus.all(in: snapshot))
        }
    }

    func map(done: @escaping AdminDone<MapReport>) {
        answer(done) { snapshot in
            MapReport(
                version: snapshot.map?.version ?? 0, term: snapshot.map?.term ?? 0, slots: SlotStatus.all(in: snapshot))
        }
    }

    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping AdminDone<NodeReport>) {
        let once = Once(done, late: ClusterBackend.late())
        sources.cluster.setDraining(node, draining) { [self] result in
            switch result {
            case .success(true): report(node) { once.answer($0) }
            case .success(false): once.answer(.failure(ClusterBackend.notFound(node)))
            case .failure(let error): once.answer(.failure(ClusterBackend.away(error)))
            }
        }
    }

    func setPin(_ slot: Slot, to node: NodeID?, done: @escaping AdminDone<SlotStatus>) {
        guard let pins = sources.cluster as? any SlotPins else {
            return done(.failure(AdminError(.unavailable, "this cluster store keeps no pins")))
        }
        let slots = sources.slots
        guard slot.index < slots else {
            return done(.failure(AdminError(.notFound, "no slot \(slot.index): there are \(slots)")))
        }
        let once = Once(done, late: ClusterBackend.late())
        answer({ (result: Result<Void, AdminError>) in
            if case .failure(let error) = result { return once.answer(.failure(error)) }
            pins.pin(slot, to: node) { [self] error in
                if let error { return once.answer(.failure(ClusterBackend.away(error))) }
                status(of: slot) { once.answer($0) }
            }
        }) { snapshot in
            guard let node else { return }
            let isThere = snapshot.nodes.contains { $0.registration.id == node && !$0.left }
            if !isThere { throw ClusterBackend.notFound(node) }
        }
    }

    private func status(of slot: Slot, done: @escaping AdminDone<SlotStatus>) {
        answer(done) { snapshot in
            guard let status = SlotStatus.all(in: snapshot).first(where: { $0.slot == slot }) else {
                throw AdminError(.unavailable, "there is no cluster map yet")
            }
            return status
        }
    }

    /// One node, as the store has it.
    func report(_ node: NodeID, done: @escaping AdminDone<NodeReport>) {
        let sources = sources
        answer(done) { snapshot in
            guard let row = snapshot.nodes.first(where: { $0.registration.id == node }) else {
                throw ClusterBackend.notFound(node)
            }
            return NodeReport(row, snapshot.map, sources)
        }
    }

    // MARK: the store

    /// The newest snapshot, or a failure in time.
    func snapshot(_ done: @escaping @Sendable (Result<ClusterSnapshot, PortError>) -> Void) {
        let once = Once(done, late: .failure(.unavailable))
        sources.cluster.snapshot { once.answer($0) }
    }

    func answer<Value: Sendable>(
        _ done: @escaping AdminDone<Value>, _ make: @escaping @Sendable (ClusterSnapshot) throws -> Value
    ) {
        snapshot { result in
            do {
                done(.success(try make(try result.get())))
            } catch let error as PortError {
                done(.failure(ClusterBackend.away(error)))
            } catch {
                done(.failure(error as? AdminError ?? AdminError(.internal, "\(error)")))
            }
        }
    }

    static func notFound(_ node: NodeID) -> AdminError { AdminError(.notFound, "no node \(node)") }

    static func away(_ error: PortError) -> AdminError {
        AdminError(.unavailable, "the cluster store cannot be reached now (\(error))")
    }

    private static func late<Value>() -> Result<Value, AdminError> { .failure(away(.unavailable)) }
}

extension Result {
    var isSuccess: Bool { if case .success = self { true } else { false } }
}
