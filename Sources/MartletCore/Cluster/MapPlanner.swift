/// Computes the next cluster map from the last one, the living nodes and the owners' reports.
///
/// A slot whose owner is dead, or let it go, is given away at once with the next epoch. A slot whose living owner should
/// not have it is first asked for (`movingTo`), a few at a time; if its owner does not let go in time it is taken.
/// Everything but the time-outs is in the map, so a new leader goes on where the old one stopped.
struct MapPlanner: Sendable {
    private let configuration: CoordinatorConfiguration
    /// Of the members and slots seen last; making one costs some milliseconds.
    private var assignment: Assignment?
    /// By slot: when (monotonic) this planner first saw that it was asked for.
    private var askedSince: [Int64?] = []

    init(_ configuration: CoordinatorConfiguration) { self.configuration = configuration }

    /// The next map, with the version and term of the last: equal to it if there is nothing to do.
    mutating func plan(_ snapshot: ClusterSnapshot, living: [NodeRow], now: Now) -> ClusterMap {
        let last = snapshot.map ?? blank(for: living)
        var next = last
        next.nodes = living.map(node).sorted { $0.id < $1.id }
        let released = MapPlanner.take(snapshot.reports, &next)
        let vacant = vacantSlots(last, next.nodes, released)
        let desired = desiredOwners(next, snapshot.pins)
        for index in next.slots.indices where vacant[index] {
            next.slots[index] = MapPlanner.givenAway(next.slots[index], to: desired[index])
        }
        move(&next, to: desired, except: vacant, now)
        return next
    }

    /// With as many slots as the nodes agree on: theirs are the logs. Where they say nothing, its own number.
    private func blank(for living: [NodeRow]) -> ClusterMap {
        let agreed = living.lazy.compactMap { $0.registration.agreedSlots }.first
        let none = ClusterMap.Assignment(owner: nil, epoch: 0)
        let slots = Array(repeating: none, count: agreed ?? configuration.slots)
        return ClusterMap(version: 0, term: 0, nodes: [], slots: slots)
    }

    private func node(_ row: NodeRow) -> ClusterMap.Node {
        ClusterMap.Node(
            id: row.registration.id, incarnation: row.registration.incarnation,
            linkAddress: row.registration.linkAddress, clientAddress: row.registration.clientAddress,
            weight: row.registration.weight, worker: row.worker, state: row.draining ? .draining : .up)
    }
}

extension MapPlanner {
    /// Epochs above this are no epochs: a damaged report must not use them up.
    private static let maxEpoch = Epoch.max / 2

    /// Raises the map's epochs to what owners report; tells which slots were let go under their present epoch.
    private static func take(_ reports: [SlotReport], _ map: inout ClusterMap) -> [Bool] {
        var releasedEpoch: [Epoch?] = Array(repeating: nil, count: map.slots.count)
        for report in reports {
            let (slot, epoch, isRelease) = parts(report)
            guard slot.index < map.slots.count, epoch <= maxEpoch else { continue }
            map.slots[slot.index].epoch = max(map.slots[slot.index].epoch, epoch)
            if isRelease { releasedEpoch[slot.index] = max(releasedEpoch[slot.index] ?? 0, epoch) }
        }
        return map.slots.indices.map { releasedEpoch[$0] == map.slots[$0].epoch }
    }

    private static func parts(_ report: SlotReport) -> (Slot, Epoch, isRelease: Bool) {
        switch report {
        case .owns(let slot, let epoch): (slot, epoch, false)
        case .released(let slot, let epoch): (slot, epoch, true)
        }
    }

    /// Nobody owns them, their owner is gone (another incarnation of it knows nothing), or it let go.
    private func vacantSlots(_ last: ClusterMap, _ nodes: [ClusterMap.Node], _ released: [Bool]) -> [Bool] {
        let old = Dictionary(last.nodes.map { ($0.id, $0.incarnation) }, uniquingKeysWith: { a, _ in a })
        let new = Dictionary(nodes.map { ($0.id, $0.incarnation) }, uniquingKeysWith: { a, _ in a })
        return last.slots.indices.map { index in
            guard let owner = last.slots[index].owner, let incarnation = old[owner] else { return true }
            return new[owner] != incarnation || released[index]
        }
    }

    /// Where each slot should be. A move under way counts as done, so that it is not planned anew each time.
    private mutating func desiredOwners(_ map: ClusterMap, _ pins: [(slot: Slot, node: NodeID)]) -> [NodeID?] {
        let members = map.nodes.map { Ring.Member($0.id, weight: $0.state == .up ? $0.weight : 0) }
        let takers = Set(members.filter { $0.weight > 0 }.map(\.id))
        let current = map.slots.map { slot in
            slot.movingTo.flatMap { takers.contains($0) ? $0 : nil } ?? slot.owner
        }
        if assignment?.ring.members != members || assignment?.slots != map.slots.count {
            assignment = Assignment(slots: map.slots.count, members: members)
        }
        return assignment?.owners(from: current, pins: pins) ?? current
    }

    private static func givenAway(_ slot: ClusterMap.Assignment, to taker: NodeID?) -> ClusterMap.Assignment {
        ClusterMap.Assignment(owner: taker, epoch: taker == nil ? slot.epoch : slot.epoch + 1)
    }

    /// Slots of living owners: those already asked for first, then as many new ones as there is room for.
    private mutating func move(_ map: inout ClusterMap, to desired: [NodeID?], except vacant: [Bool], _ now: Now) {
        if askedSince.count != map.slots.count { askedSince = Array(repeating: nil, count: map.slots.count) }
        for index in map.slots.indices where vacant[index] || map.slots[index].movingTo == nil {
            askedSince[index] = nil
        }
        for index in map.slots.indices where map.slots[index].movingTo != nil {
            goOn(&map.slots[index], index, to: desired[index], now)
        }
        var room = configuration.maxMoving - map.slots.count { $0.movingTo != nil }
        for index in map.slots.indices where room > 0 && !vacant[index] && map.slots[index].movingTo == nil {
            guard let target = desired[index], target != map.slots[index].owner else { continue }
            map.slots[index].movingTo = target
            askedSince[index] = now.monotonic
            room -= 1
        }
    }

    /// A slot that was asked for: still wanted elsewhere, taken after the time-out, or left where it is.
    private mutating func goOn(_ slot: inout ClusterMap.Assignment, _ index: Int, to desired: NodeID?, _ now: Now) {
        let since = askedSince[index] ?? now.monotonic
        let isOverdue = now.monotonic - since >= configuration.releaseTimeoutMilliseconds
        guard let desired, desired != slot.owner else {
            slot.movingTo = nil
            askedSince[index] = nil
            return
        }
        slot.movingTo = desired
        askedSince[index] = since
        guard isOverdue else { return }
        slot = MapPlanner.givenAway(slot, to: desired)
        askedSince[index] = nil
    }
}
