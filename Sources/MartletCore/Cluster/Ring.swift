/// Virtual nodes on a 64-bit circle: for each slot, the order in which it prefers the nodes.
///
/// A node stands at XXH64 of `nodeID#i`, i from 0, 160 times per unit of weight; a slot at XXH64 of `slot/n` (a node
/// id has no `/`, so no node can stand on a slot's place by its name). Clockwise from there, the nodes as they are met
/// are the slot's preference. The order depends on nothing but ids and weights, so every process computes the same.
public struct Ring: Sendable {
    public struct Member: Hashable, Sendable {
        public var id: NodeID
        /// 0: on the ring nowhere, and its quota is 0. Above `maxWeight` counts as `maxWeight`.
        public var weight: Int

        public init(_ id: NodeID, weight: Int = 1) {
            self.id = id
            self.weight = min(max(weight, 0), Ring.maxWeight)
        }
    }

    public static let maxWeight = 100
    public static let virtualNodesPerWeight = 160

    private struct Point {
        var position: UInt64
        var member: Int
    }

    /// Ascending by id, without doubles (the first one counts).
    public let members: [Member]
    private let points: [Point]
    private let present: Int

    public init(_ members: [Member]) {
        let sorted = Ring.withoutDoubles(members)
        self.members = sorted
        present = sorted.count { $0.weight > 0 }
        // Members are ascending, so equal positions keep the order of ids.
        points = sorted.indices.flatMap { Ring.points(of: sorted[$0], at: $0) }
            .sorted { ($0.position, $0.member) < ($1.position, $1.member) }
    }

    /// Indices into `members`, the most preferred first; those of weight 0 are not among them.
    public func preference(of slot: Slot) -> [Int] {
        var order: [Int] = []
        var seen = Array(repeating: false, count: members.count)
        var index = firstPoint(atOrAfter: Ring.position(of: slot))
        while order.count < present {
            let member = points[index % points.count].member
            if !seen[member] {
                seen[member] = true
                order.append(member)
            }
            index += 1
        }
        return order
    }

    /// The owner that a plain consistent-hash ring would give the slot; nil: no members.
    public func first(for slot: Slot) -> NodeID? {
        guard !points.isEmpty else { return nil }
        return members[points[firstPoint(atOrAfter: Ring.position(of: slot)) % points.count].member].id
    }
}

extension Ring {
    private static func withoutDoubles(_ members: [Member]) -> [Member] {
        var kept: [Member] = []
        let sorted = members.enumerated().sorted { ($0.element.id, $0.offset) < ($1.element.id, $1.offset) }
        for (_, member) in sorted where kept.last?.id != member.id { kept.append(member) }
        return kept
    }

    private static func points(of member: Member, at index: Int) -> [Point] {
        (0..<member.weight * virtualNodesPerWeight).map { number in
            let name = member.id.bytes + Array("#\(number)".utf8)
            return Point(position: xxh64(name.span), member: index)
        }
    }

    private static func position(of slot: Slot) -> UInt64 {
        xxh64(Array("slot/\(slot.index)".utf8).span)
    }

    private func firstPoint(atOrAfter position: UInt64) -> Int {
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
