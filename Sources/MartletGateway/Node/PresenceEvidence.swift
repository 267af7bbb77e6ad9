import MartletCore

/// Turns stored presence rows into answers (guarantee 8): a row counts only while its edge's lease, its home's lease
/// and its slot's epoch are current. Where the evidence itself is stale the answer is unknown, never a guess.
struct PresenceEvidence {
    /// A lease that was not renewed for this long is over.
    static let leaseMilliseconds: Int64 = 3_000
    /// Evidence older than this supports no answer.
    static let staleMilliseconds: Int64 = 10_000

    let table: RoutingTable
    let now: Now

    func presence(of user: Key, _ records: [PresenceRecord]) -> UserPresence {
        var answer = UserPresence(user: user)
        answer.asOf = now.wall
        answer.devices = records.map { device($0, of: user) }
        answer.lastSeen = answer.devices.map(\.lastSeen).max() ?? 0
        if answer.devices.contains(where: { $0.state == .online }) {
            answer.state = .online
        } else if answer.devices.contains(where: { $0.state == .unknown }) {
            answer.state = .unknown
        }
        return answer
    }

    private func device(_ record: PresenceRecord, of user: Key) -> DevicePresence {
        var device = DevicePresence()
        device.device = record.device.description
        device.lastSeen = record.lastSeen
        device.since = record.lastSeen
        guard let row = record.online else { return device }
        let assignment = table.map[table.slot(of: user)]
        device.edge = row.edge.description
        device.home = row.home.description
        device.epoch = row.epoch
        device.leaseAgeMilliseconds = max(
            leaseAge(row.edge, row.edgeIncarnation) ?? -1, leaseAge(row.home, row.homeIncarnation) ?? -1)
        device.state = state(row, assignment)
        device.since = row.since
        device.lastSeen = device.state == .online ? now.wall : max(record.lastSeen, row.since)
        return device
    }

    private func state(_ row: PresenceRow, _ assignment: ClusterMap.Assignment) -> DevicePresence.State {
        if elapsed > Self.staleMilliseconds { return .unknown }
        if hasEnded(row.edge, row.edgeIncarnation) { return .offline }
        // A living edge keeps its sessions through a hand-off: until the new home has placed the row again, the
        // evidence is between two epochs, and neither answer would be honest.
        let isCurrent =
            isHeld(row.edge, row.edgeIncarnation) && isHeld(row.home, row.homeIncarnation)
            && assignment.owner == row.home && row.epoch >= assignment.epoch
        return isCurrent ? .online : .unknown
    }

    /// Milliseconds since the store was looked at.
    private var elapsed: Int64 { max(0, now.monotonic - table.asOf) }

    private func isHeld(_ node: NodeID, _ incarnation: UInt64) -> Bool {
        (leaseAge(node, incarnation) ?? .max) <= Self.leaseMilliseconds
    }

    /// The store itself says that the lease is over. One that was held when it was looked at, and since then was not,
    /// may have been renewed a hundred times: that is no longer held for certain, and not known to have ended.
    private func hasEnded(_ node: NodeID, _ incarnation: UInt64) -> Bool {
        guard let age = leaseAge(node, incarnation) else { return true }
        return age - elapsed > Self.leaseMilliseconds
    }

    /// Nil: that incarnation has no lease.
    private func leaseAge(_ node: NodeID, _ incarnation: UInt64) -> Int64? {
        guard let lease = table.leases[node], lease.incarnation == incarnation else { return nil }
        return lease.ageMilliseconds + elapsed
    }
}
