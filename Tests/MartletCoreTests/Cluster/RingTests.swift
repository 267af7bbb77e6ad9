import MartletCore
import Testing

@Suite("The ring orders the nodes for each slot")
struct RingTests {
    @Test("Every node with a weight is in a slot's order once, the first of them being the plain ring's owner")
    func permutation() {
        let members = Naming.statefulSet.members(0..<20) + [Ring.Member(node("idle"), weight: 0)]
        let ring = Ring(members)
        for slot in 0..<256 {
            let order = ring.preference(of: Slot(slot))
            #expect(order.count == 20 && Set(order).count == 20)
            #expect(ring.first(for: Slot(slot)) == ring.members[order[0]].id)
        }
    }

    @Test("Without one node the order of the others is the same")
    func removal() {
        let ring = Ring(Naming.random.members(0..<10))
        let gone = ring.members[4].id
        let smaller = Ring(ring.members.filter { $0.id != gone })
        for slot in 0..<256 {
            let rest = ring.preference(of: Slot(slot)).map { ring.members[$0].id }.filter { $0 != gone }
            #expect(smaller.preference(of: Slot(slot)).map { smaller.members[$0].id } == rest)
        }
    }

    @Test("An empty ring prefers nobody; weights are held within their range; of doubles the first counts")
    func edges() {
        #expect(Ring([]).preference(of: Slot(0)).isEmpty)
        #expect(Ring([]).first(for: Slot(0)) == nil)
        #expect(Ring.Member(node("a"), weight: -3).weight == 0)
        #expect(Ring.Member(node("a"), weight: .max).weight == Ring.maxWeight)
        #expect(Ring([.init(node("a"), weight: 2), .init(node("a"), weight: 0)]).members.map(\.weight) == [2])
    }

    @Test("A virtual node stands at XXH64 of `id#i`: the order of two nodes, worked out by hand")
    func positions() {
        let ring = Ring([.init(node("a")), .init(node("b"))])
        let position = xxh64(Array("slot/7".utf8).span)
        func distance(_ id: String) -> UInt64 {
            (0..<160).map { xxh64(Array("\(id)#\($0)".utf8).span) &- position }.min()!
        }
        #expect(ring.first(for: Slot(7)) == node(distance("a") < distance("b") ? "a" : "b"))
    }
}

@Suite("The simulation tells what the assignment is worth")
struct RingSimulationTests {
    @Test("Peaks at the rounding limit and the least moves at every size; the plain ring is worse")
    func rows() {
        let simulation = RingSimulation(maxNodes: 30)
        #expect(simulation.rows.map(\.nodes) == Array(1...30))
        for row in simulation.rows {
            #expect(row.peak == (256 + row.nodes - 1) / row.nodes && row.peak - row.least <= 1)
            #expect(row.joinMoves == row.joinMinimum && row.leaveMoves == row.leaveMinimum)
            #expect(row.plainPeak >= row.peak)
        }
    }

    @Test("The table has a head and one line a size, all of one width")
    func table() {
        let lines = RingSimulation(maxNodes: 3).table.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(Set(lines.map(\.count)).count == 1)
        #expect(lines[3].contains("85–86") && lines[3].contains("1.01"))
        #expect(RingSimulation(maxNodes: 0).rows.isEmpty)
    }
}
