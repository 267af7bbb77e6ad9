import MartletAdmin
import MartletCoordinator
import MartletCore
import MartletEmbedded
import MartletGateway
import MartletIO

/// What the admin API asks, answered by a cluster in one process.
final class DevAdmin: AdminBackend {
    private let cluster: DevCluster

    init(_ cluster: DevCluster) { self.cluster = cluster }

    func readiness(done: @escaping AdminDone<Readiness>) {
        let cluster = cluster
        snapshot(done) { snapshot in
            guard let map = snapshot.map else { return Readiness(waitingFor: ["a cluster map"]) }
            var waiting: [String] = []
            let orphans = map.slots.count { $0.owner == nil || $0.movingTo != nil }
            if orphans > 0 { waiting.append("\(orphans) slots without a settled owner") }
            for gateway in cluster.gateways where map.node(gateway.id)?.incarnation != gateway.incarnation {
                waiting.append("\(gateway.id) to join")
            }
            if cluster.engine.refusesWrites { waiting.append("the disk") }
            return Readiness(waitingFor: waiting)
        }
    }

    func metrics(done: @escaping AdminDone<String>) { done(.success(cluster.metrics.registry.prometheusText())) }

    func presence(of user: Key, done: @escaping AdminDone<PresenceReport>) {
        guard let gateway = cluster.anyGateway else { return done(.failure(AdminError(.unavailable, "no node is up"))) }
        let slots = cluster.configuration.engine.slotCount
        gateway.presence(of: [user]) { result in
            switch result {
            case .success(let users):
                done(.success(PresenceReport(users[0], slot: Slot(of: user, slots: slots))))
            case .failure(let error):
                done(.failure(AdminError(.unavailable, "presence cannot be read now (\(error))")))
            }
        }
    }

    func cluster(done: @escaping AdminDone<ClusterReport>) {
        let cluster = cluster
        let leader = cluster.coordinator.leadership?.leader
        snapshot(done) { snapshot in
            let slots = (snapshot.map?.slots ?? []).enumerated().map { index, assignment in
                SlotStatus(
                    slot: Slot(index), owner: assignment.owner, epoch: assignment.epoch, movingTo: assignment.movingTo)
            }
            return ClusterReport(
                version: snapshot.map?.version ?? 0, term: snapshot.map?.term ?? 0, leader: leader,
                nodes: snapshot.nodes.map { DevAdmin.report($0, snapshot.map, cluster) }, slots: slots)
        }
    }

    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping AdminDone<NodeReport>) {
        cluster.engine.cluster.setDraining(node, draining) { [self] result in
            switch result {
            case .success(true): report(node, done)
            case .success(false): done(.failure(DevAdmin.notFound(node)))
            case .failure(let error): done(.failure(AdminError(.unavailable, "cluster store: \(error)")))
            }
        }
    }

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
        snapshot(done) { [cluster] snapshot in
            guard cluster.kill(node), let row = snapshot.nodes.first(where: { $0.registration.id == node }) else {
                throw DevAdmin.notFound(node)
            }
            var report = DevAdmin.report(row, snapshot.map, cluster)
            report.state = .dead
            return report
        }
    }

    func pause(_ node: NodeID, milliseconds: Int64, done: @escaping AdminDone<NodeReport>) {
        guard cluster.pause(node, milliseconds: milliseconds) else { return done(.failure(DevAdmin.notFound(node))) }
        report(node, done)
    }

    // MARK: reports

    private func report(_ node: NodeID, _ done: @escaping AdminDone<NodeReport>) {
        let cluster = cluster
        snapshot(done) { snapshot in
            if let row = snapshot.nodes.first(where: { $0.registration.id == node }) {
                return DevAdmin.report(row, snapshot.map, cluster)
            }
            guard let gateway = cluster.gateways.first(where: { $0.id == node }) else { throw DevAdmin.notFound(node) }
            // Started, and on its way into the cluster.
            return NodeReport(
                id: node, state: .up, incarnation: gateway.incarnation, clientAddress: gateway.clientAddress,
                linkAddress: gateway.linkAddress, worker: 0, version: Gateway.version, leaseAgeMilliseconds: 0, slots: 0
            )
        }
    }

    private static func report(_ row: NodeRow, _ map: ClusterMap?, _ cluster: DevCluster) -> NodeReport {
        let node = row.registration
        return NodeReport(
            id: node.id, state: state(row, cluster), incarnation: node.incarnation, clientAddress: node.clientAddress,
            linkAddress: node.linkAddress, weight: node.weight, worker: row.worker, version: node.version,
            leaseAgeMilliseconds: row.leaseAgeMilliseconds, slots: map?.slots.count { $0.owner == node.id } ?? 0)
    }

    private static func state(_ row: NodeRow, _ cluster: DevCluster) -> NodeReport.State {
        if row.left || row.leaseAgeMilliseconds > cluster.configuration.engine.leaseMilliseconds { return .dead }
        if cluster.isPaused(row.registration.id) { return .paused }
        return row.draining ? .draining : .up
    }

    private static func notFound(_ node: NodeID) -> AdminError { AdminError(.notFound, "no node \(node)") }

    private func snapshot<Value>(
        _ done: @escaping AdminDone<Value>, _ make: @escaping @Sendable (ClusterSnapshot) throws -> Value
    ) {
        cluster.engine.cluster.snapshot { result in
            switch result {
            case .failure(let error): done(.failure(AdminError(.unavailable, "cluster store: \(error)")))
            case .success(let snapshot):
                do {
                    done(.success(try make(snapshot)))
                } catch {
                    done(.failure(error as? AdminError ?? AdminError(.internal, "\(error)")))
                }
            }
        }
    }
}

extension PresenceReport {
    init(_ user: UserPresence, slot: Slot) {
        self.init(
            user: user.user, slot: slot,
            devices: user.devices.map { MartletAdmin.DevicePresence($0, asOf: user.asOf) })
    }
}

extension MartletAdmin.DevicePresence {
    init(_ device: MartletCore.DevicePresence, asOf: Int64) {
        self.init(
            device: DeviceID(trusted: Array(device.device.utf8)), state: State(device.state),
            edge: NodeID(device.edge), home: NodeID(device.home), since: device.since, lastSeen: device.lastSeen,
            evidence: Evidence(
                epoch: device.epoch,
                leaseAgeMilliseconds: device.leaseAgeMilliseconds < 0 ? nil : device.leaseAgeMilliseconds, asOf: asOf))
    }
}

extension MartletAdmin.DevicePresence.State {
    init(_ state: MartletCore.DevicePresence.State) {
        switch state {
        case .online: self = .online
        case .offline: self = .offline
        case .unknown: self = .unknown
        }
    }
}
