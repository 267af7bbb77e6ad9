import MartletAdmin
import MartletCoordinator
import MartletCore
import MartletEmbedded
import MartletGateway

/// What the admin API asks, answered by a cluster in one process: as any process does, and what only `dev` can.
final class DevAdmin: DevelopmentBackend {
    private let cluster: DevCluster
    let backend: ClusterBackend

    init(_ cluster: DevCluster) {
        self.cluster = cluster
        backend = ClusterBackend(DevAdmin.sources(cluster))
    }

    private static func sources(_ cluster: DevCluster) -> AdminSources {
        let engine = cluster.engine
        var sources = AdminSources(
            cluster: engine.cluster, presence: engine.presence, slots: cluster.configuration.engine.slotCount,
            registry: cluster.metrics.registry)
        sources.leaseMilliseconds = cluster.configuration.engine.leaseMilliseconds
        sources.gateways = { cluster.gateways }
        sources.coordinator = cluster.coordinator
        sources.engineWaitsFor = { engine.refusesWrites ? ["the disk"] : [] }
        sources.isPaused = { cluster.isPaused($0) }
        return sources
    }

    /// The whole cluster is in this process: it is ready when every slot has its owner and every node has joined.
    func readiness(done: @escaping AdminDone<Readiness>) {
        let (cluster, engineWaits) = (cluster, backend.sources.engineWaitsFor())
        backend.answer(done) { snapshot in
            guard let map = snapshot.map else { return Readiness(waitingFor: ["a cluster map"]) }
            var waiting: [String] = []
            let orphans = map.slots.count { $0.owner == nil || $0.movingTo != nil }
            if orphans > 0 { waiting.append("\(orphans) slots without a settled owner") }
            for gateway in cluster.gateways where map.node(gateway.id)?.incarnation != gateway.incarnation {
                waiting.append("\(gateway.id) to join")
            }
            return Readiness(waitingFor: waiting + engineWaits)
        }
    }

    // MARK: as any process

    func metrics(done: @escaping AdminDone<String>) { backend.metrics(done: done) }

    func presence(of users: [Key], done: @escaping AdminDone<[PresenceReport]>) {
        backend.presence(of: users, done: done)
    }

    func cluster(done: @escaping AdminDone<ClusterReport>) { backend.cluster(done: done) }

    func map(done: @escaping AdminDone<MapReport>) { backend.map(done: done) }

    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping AdminDone<NodeReport>) {
        backend.setDraining(node, draining, done: done)
    }

    func setPin(_ slot: Slot, to node: NodeID?, done: @escaping AdminDone<SlotStatus>) {
        backend.setPin(slot, to: node, done: done)
    }

    // MARK: what only `dev` can

    func addNode(_ request: AddNodeRequest, done: @escaping AdminDone<NodeReport>) {
        let id = request.id ?? cluster.freeName()
        guard !cluster.has(id) else { return done(.failure(AdminError(.conflict, "\(id) is there already"))) }
        do {
            try cluster.add(id, weight: request.weight)
            report(id, done)
        } catch {
            done(.failure(AdminError(.internal, "cannot start \(id): \(error)")))
        }
    }

    func kill(_ node: NodeID, done: @escaping AdminDone<NodeReport>) {
        let (cluster, sources) = (cluster, backend.sources)
        backend.answer(done) { snapshot in
            guard cluster.kill(node), let row = snapshot.nodes.first(where: { $0.registration.id == node }) else {
                throw ClusterBackend.notFound(node)
            }
            var report = NodeReport(row, snapshot.map, sources)
            report.state = .dead
            return report
        }
    }

    func pause(_ node: NodeID, milliseconds: Int64, done: @escaping AdminDone<NodeReport>) {
        guard cluster.pause(node, milliseconds: milliseconds) else {
            return done(.failure(ClusterBackend.notFound(node)))
        }
        report(node, done)
    }

    /// A node that has started is there before it has joined.
    private func report(_ node: NodeID, _ done: @escaping AdminDone<NodeReport>) {
        let cluster = cluster
        backend.report(node) { result in
            guard case .failure(let error) = result, error.code == .notFound,
                let gateway = cluster.gateways.first(where: { $0.id == node })
            else { return done(result) }
            done(
                .success(
                    NodeReport(
                        id: node, state: .up, incarnation: gateway.incarnation, clientAddress: gateway.clientAddress,
                        linkAddress: gateway.linkAddress, worker: 0, version: Gateway.version, leaseAgeMilliseconds: 0,
                        slots: 0)))
        }
    }
}
