/// One look at leases and owners, and what a stored presence row is worth by it (guarantee 8).
///
/// A row counts only while its edge's lease, its home's lease and its slot's epoch are current. Where the evidence
/// itself is stale the answer is unknown, never a guess.
///
/// A hand-off makes no session offline: its connection stays at its edge, and only who vouches for it changes. So a row
/// of the owner before still counts for a lease after its slot changed hands, if that owner was heard of within a
/// lease and a takeover: by then the next owner has placed the row again. What ended meanwhile, and was told to nobody,
/// stands no longer than that.
public struct PresenceEvidence: Sendable {
    /// A lease that was not renewed for this long is over, where nothing else is configured.
    public static let leaseMilliseconds: Int64 = 3_000
    /// After an owner's lease has ended: so long may another take to have its slots.
    public static let takeoverMilliseconds: Int64 = 1_000
    /// Evidence older than this supports no answer.
    public static let staleMilliseconds: Int64 = 10_000

    struct Lease: Sendable {
        var incarnation: UInt64
        var ageMilliseconds: Int64
        var left: Bool
    }

    /// A slot got another owner or epoch.
    struct Change: Sendable {
        var epochBefore: Epoch
        /// When it was seen.
        var at: Int64
    }

    let map: ClusterMap
    /// How long a lease holds.
    let leaseMilliseconds: Int64
    /// When the store was looked at: monotonic milliseconds.
    let asOf: Int64
    let leases: [NodeID: Lease]
    /// Of the last lease, by slot index.
    let changes: [Int: Change]

    /// `earlier`: what was looked at before; without it nothing is known of the owners before.
    public init(
        map: ClusterMap, nodes: [NodeRow], asOf: Int64, after earlier: PresenceEvidence? = nil,
        leaseMilliseconds: Int64 = PresenceEvidence.leaseMilliseconds
    ) {
        self.map = map
        self.leaseMilliseconds = leaseMilliseconds
        self.asOf = asOf
        leases = Dictionary(
            nodes.map {
                (
                    $0.registration.id,
                    Lease(
                        incarnation: $0.registration.incarnation, ageMilliseconds: $0.leaseAgeMilliseconds,
                        left: $0.left)
                )
            }, uniquingKeysWith: { _, last in last })
        changes = PresenceEvidence.changes(to: map, asOf, after: earlier, leaseMilliseconds)
    }

    private static func changes(
        to map: ClusterMap, _ now: Int64, after earlier: PresenceEvidence?, _ leaseMilliseconds: Int64
    ) -> [Int: Change] {
        guard let earlier else { return [:] }
        var changes = earlier.changes.filter { now - $0.value.at <= leaseMilliseconds }
        guard earlier.map.version != map.version else { return changes }
        for (index, (before, after)) in zip(earlier.map.slots, map.slots).enumerated()
        where before.owner != after.owner || before.epoch != after.epoch {
            changes[index] = Change(epochBefore: before.epoch, at: now)
        }
        return changes
    }

    // MARK: Answers

    public func presence(of user: Key, _ records: [PresenceRecord], now: Now) -> UserPresence {
        var answer = UserPresence(user: user)
        answer.asOf = now.wall
        answer.devices = records.map { device($0, of: user, now) }
        answer.lastSeen = answer.devices.map(\.lastSeen).max() ?? 0
        if answer.devices.contains(where: { $0.state == .online }) {
            answer.state = .online
        } else if answer.devices.contains(where: { $0.state == .unknown }) {
            answer.state = .unknown
        }
        return answer
    }

    private func device(_ record: PresenceRecord, of user: Key, _ now: Now) -> DevicePresence {
        var device = DevicePresence()
        device.device = record.device.description
        device.lastSeen = record.lastSeen
        device.since = record.lastSeen
        guard let row = record.online else { return device }
        device.edge = row.edge.description
        device.home = row.home.description
        device.epoch = row.epoch
        device.leaseAgeMilliseconds = max(
            leaseAge(row.edge, row.edgeIncarnation, now) ?? -1, leaseAge(row.home, row.homeIncarnation, now) ?? -1)
        device.state = state(row, Slot(of: user, slots: map.slots.count), now)
        device.since = row.since
        device.lastSeen = device.state == .online ? now.wall : max(record.lastSeen, row.since)
        return device
    }

    private func state(_ row: PresenceRow, _ slot: Slot, _ now: Now) -> DevicePresence.State {
        if elapsed(now) > Self.staleMilliseconds { return .unknown }
        if hasEnded(row.edge, row.edgeIncarnation, now) { return .offline }
        let isHeld = (leaseAge(row.edge, row.edgeIncarnation, now) ?? .max) <= leaseMilliseconds
        return isHeld && isVouchedFor(row, slot, now) ? .online : .unknown
    }

    /// The row is of the slot's owner, or of the one before and the slot is changing hands.
    private func isVouchedFor(_ row: PresenceRow, _ slot: Slot, _ now: Now) -> Bool {
        guard let home = leases[row.home], home.incarnation == row.homeIncarnation,
            home.ageMilliseconds + elapsed(now) <= leaseMilliseconds + Self.takeoverMilliseconds
        else { return false }
        let assignment = map[slot]
        if assignment.owner == row.home, row.epoch >= assignment.epoch { return true }
        guard let change = changes[slot.index] else { return false }
        return row.epoch >= change.epochBefore && now.monotonic - change.at <= leaseMilliseconds
    }

    // MARK: Leases

    /// Milliseconds since the store was looked at.
    private func elapsed(_ now: Now) -> Int64 { max(0, now.monotonic - asOf) }

    /// The store itself says that the lease is over. One that was held when it was looked at, and since then was not,
    /// may have been renewed a hundred times: that is no longer held for certain, and not known to have ended.
    private func hasEnded(_ node: NodeID, _ incarnation: UInt64, _ now: Now) -> Bool {
        guard let age = leaseAge(node, incarnation, now) else { return true }
        return age - elapsed(now) > leaseMilliseconds
    }

    /// Nil: that incarnation has no lease.
    private func leaseAge(_ node: NodeID, _ incarnation: UInt64, _ now: Now) -> Int64? {
        guard let lease = leases[node], lease.incarnation == incarnation, !lease.left else { return nil }
        return lease.ageMilliseconds + elapsed(now)
    }
}
