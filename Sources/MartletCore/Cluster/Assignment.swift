/// The sticky, exact assignment of slots to nodes: loads by weight to the slot, with the least possible moves.
///
/// A slot moves only if its owner is gone or over quota. What moves goes to the first node under quota in the slot's
/// ring order; of an owner over quota, the slots whose ring order likes it least move first. A pure function of its
/// inputs, the same in every process.
public struct Assignment: Sendable {
    public let ring: Ring
    /// By slot: who is preferred, as indices into the ring's members.
    private let preferences: [[Int]]

    /// Computes the ring order of all slots once, for any number of calls.
    public init(slots: Int, members: [Ring.Member]) {
        let ring = Ring(members)
        self.ring = ring
        preferences = (0..<slots).map { ring.preference(of: Slot($0)) }
    }

    public var slots: Int { preferences.count }

    /// Who should own each slot.
    ///
    /// - Parameters:
    ///   - owners: by slot, who owns it now; nil, or a node that is no member of weight above 0: it has to move.
    ///   - pins: slots tied to a node; one that is no such member is passed over, as is a slot that is not there. Of
    ///     two pins of one slot the last counts. A node with more pinned slots than its quota owns exactly those.
    /// - Returns: an owner for each slot; all nil if there is no member of weight above 0.
    public func owners(from owners: [NodeID?], pins: [(slot: Slot, node: NodeID)] = []) -> [NodeID?] {
        guard ring.members.contains(where: { $0.weight > 0 }) else { return Array(repeating: nil, count: slots) }
        var work = Work(current: current(owners), pinned: pinned(pins), members: ring.members)
        work.releaseExcess(preferences)
        work.place(preferences)
        return work.owner.map { $0.map { ring.members[$0].id } }
    }
}

extension Assignment {
    private func current(_ owners: [NodeID?]) -> [Int?] {
        (0..<slots).map { $0 < owners.count ? owners[$0].flatMap(member) : nil }
    }

    private func pinned(_ pins: [(slot: Slot, node: NodeID)]) -> [Int?] {
        var pinned: [Int?] = Array(repeating: nil, count: slots)
        for pin in pins where pin.slot.index < slots {
            if let member = member(pin.node) { pinned[pin.slot.index] = member }
        }
        return pinned
    }

    /// The index of a member that can own slots.
    private func member(_ id: NodeID) -> Int? {
        var low = 0
        var high = ring.members.count
        while low < high {
            let middle = (low + high) / 2
            if ring.members[middle].id < id { low = middle + 1 } else { high = middle }
        }
        guard low < ring.members.count, ring.members[low].id == id, ring.members[low].weight > 0 else { return nil }
        return low
    }

    /// One computation, by index of slot and member.
    private struct Work {
        var owner: [Int?]
        let pinned: [Int?]
        let quotas: [Int]
        var loads: [Int]

        init(current: [Int?], pinned: [Int?], members: [Ring.Member]) {
            self.pinned = pinned
            owner = zip(pinned, current).map { $0 ?? $1 }
            loads = counts(owner, members.count)
            quotas = Quotas.compute(
                slots: owner.count, weights: members.map(\.weight), owned: loads,
                pinned: counts(pinned, members.count))
        }

        mutating func releaseExcess(_ preferences: [[Int]]) {
            for member in loads.indices where loads[member] > quotas[member] {
                let slots = leastLiked(by: member, preferences).prefix(loads[member] - quotas[member])
                for slot in slots { owner[slot] = nil }
                loads[member] -= slots.count
            }
        }

        /// The slots a member owns that are not pinned, the one that prefers it least first.
        private func leastLiked(by member: Int, _ preferences: [[Int]]) -> [Int] {
            owner.indices.filter { owner[$0] == member && pinned[$0] == nil }
                .map { (slot: $0, rank: preferences[$0].firstIndex(of: member) ?? 0) }
                .sorted { (-$0.rank, $0.slot) < (-$1.rank, $1.slot) }
                .map(\.slot)
        }

        mutating func place(_ preferences: [[Int]]) {
            for slot in owner.indices where owner[slot] == nil {
                guard let taker = preferences[slot].first(where: { loads[$0] < quotas[$0] }) else { continue }
                owner[slot] = taker
                loads[taker] += 1
            }
        }
    }
}

private func counts(_ owners: [Int?], _ members: Int) -> [Int] {
    var counts = Array(repeating: 0, count: members)
    for case let owner? in owners { counts[owner] += 1 }
    return counts
}
