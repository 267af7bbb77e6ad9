import MartletAdmin
import MartletCore
import MartletGateway

/// Rows of the cluster store, as the admin API shows them.
extension NodeReport {
    init(_ row: NodeRow, _ map: ClusterMap?, _ sources: AdminSources) {
        let node = row.registration
        self.init(
            id: node.id, state: State(row, sources), incarnation: node.incarnation, clientAddress: node.clientAddress,
            linkAddress: node.linkAddress, weight: node.weight, worker: row.worker, version: node.version,
            leaseAgeMilliseconds: row.leaseAgeMilliseconds, slots: map?.slots.count { $0.owner == node.id } ?? 0,
            connections: sources.gateway(node)?.status.connections)
    }
}

extension NodeReport.State {
    init(_ row: NodeRow, _ sources: AdminSources) {
        if row.left || row.leaseAgeMilliseconds > sources.leaseMilliseconds {
            self = .dead
        } else if sources.isPaused(row.registration.id) {
            self = .paused
        } else {
            self = row.draining ? .draining : .up
        }
    }
}

extension SlotStatus {
    /// Ascending by slot; none while there is no map.
    static func all(in snapshot: ClusterSnapshot) -> [SlotStatus] {
        let pins = Dictionary(snapshot.pins.map { ($0.slot, $0.node) }, uniquingKeysWith: { _, last in last })
        return (snapshot.map?.slots ?? []).enumerated().map { index, assignment in
            SlotStatus(
                slot: Slot(index), owner: assignment.owner, epoch: assignment.epoch, movingTo: assignment.movingTo,
                pinnedTo: pins[Slot(index)])
        }
    }
}

extension PresenceReport {
    init(_ user: UserPresence, slots: Int) {
        self.init(
            user: user.user, slot: Slot(of: user.user, slots: slots), state: DevicePresence.State(user.state),
            asOf: user.asOf, devices: user.devices.map { MartletAdmin.DevicePresence($0, asOf: user.asOf) })
    }

    /// Nothing is known: neither answer would be honest.
    init(unknown user: Key, slots: Int, asOf: Int64, reason: String) {
        self.init(
            user: user, slot: Slot(of: user, slots: slots), state: .unknown, asOf: asOf, reason: reason, devices: [])
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
