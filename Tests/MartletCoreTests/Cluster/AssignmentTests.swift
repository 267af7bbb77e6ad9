import MartletCore
import Testing

enum Naming: String, CaseIterable, Sendable {
    case statefulSet, random

    func name(_ number: Int) -> NodeID {
        switch self {
        case .statefulSet: return RingSimulation.statefulSetName(number)
        case .random:
            var random = SplitMix(seed: UInt64(number))
            return NodeID(trusted: Array(String(random.next(), radix: 36).utf8))
        }
    }

    func members(_ numbers: some Sequence<Int>) -> [Ring.Member] { numbers.map { Ring.Member(name($0)) } }
}

func node(_ name: String) -> NodeID { NodeID(trusted: Array(name.utf8)) }

func loads(_ owners: [NodeID?], of members: [Ring.Member]) -> [Int] {
    members.map { member in owners.count { $0 == member.id } }
}

func moves(_ a: [NodeID?], _ b: [NodeID?]) -> Int { zip(a, b).count { $0 != $1 } }

@Suite("The assignment is sticky and exact")
struct AssignmentTests {
    /// Every size from 1 to 64, each grown from the one before: loads, joins, and leaves of the newest, the oldest and
    /// one between.
    @Test(
        "256 slots, 1 to 64 nodes: loads differ by at most one, joins and leaves move the least",
        arguments: Naming.allCases)
    func everySize(naming: Naming) {
        var owners = Assignment(slots: 256, members: naming.members(0..<1)).owners(from: [])
        for count in 1...64 {
            let members = naming.members(0..<count)
            let counts = loads(owners, of: members)
            #expect(counts.reduce(0, +) == 256)
            #expect(counts.max()! - counts.min()! <= 1, "\(count) nodes")
            for leaver in Set([0, count / 2, count - 1]).sorted() where count > 1 {
                let rest = naming.members((0..<count).filter { $0 != leaver })
                let after = Assignment(slots: 256, members: rest).owners(from: owners)
                #expect(moves(owners, after) == counts[leaver], "\(count) nodes, \(leaver) leaves")
                let left = loads(after, of: rest)
                #expect(left.max()! - left.min()! <= 1)
            }
            let joined = naming.members(0...count)
            let after = Assignment(slots: 256, members: joined).owners(from: owners)
            #expect(moves(owners, after) == 256 / (count + 1), "\(count) nodes, one joins")
            #expect(zip(owners, after).allSatisfy { $0 == $1 || $1 == joined[count].id }, "all moves go to the new one")
            owners = after
        }
    }

    @Test("What is balanced stays, and inputs in another order give the same")
    func stable() {
        let members = Naming.random.members(0..<7)
        let owners = Assignment(slots: 256, members: members).owners(from: [])
        let again = Assignment(slots: 256, members: members.reversed() + members).owners(from: owners)
        #expect(again == owners)
    }

    @Test("Without nodes, or with drained ones only, nobody owns anything")
    func nobody() {
        #expect(Assignment(slots: 4, members: []).owners(from: []) == [nil, nil, nil, nil])
        let drained = Ring.Member(node("a"), weight: 0)
        #expect(Assignment(slots: 2, members: [drained]).owners(from: [node("a"), nil]) == [nil, nil])
    }

    @Test("Weights 1, 2, 5: slots by weight with the largest remainder")
    func weights() {
        let members = [1, 2, 5].map { Ring.Member(node("n\($0)"), weight: $0) }
        let owners = Assignment(slots: 256, members: members).owners(from: [])
        #expect(loads(owners, of: members) == [32, 64, 160])
        let thirds = [Ring.Member(node("a"), weight: 1), Ring.Member(node("b"), weight: 2)]
        let odd = Assignment(slots: 10, members: thirds)
        #expect(loads(odd.owners(from: []), of: odd.ring.members) == [3, 7])
    }

    @Test("A changed weight moves exactly the difference")
    func reweighed() {
        let before = ["a", "b", "c", "d"].map { Ring.Member(node($0)) }
        let owners = Assignment(slots: 256, members: before).owners(from: [])
        let members = [Ring.Member(node("a"), weight: 5)] + before.dropFirst()
        let after = Assignment(slots: 256, members: members).owners(from: owners)
        #expect(loads(after, of: members) == [160, 32, 32, 32])
        #expect(moves(owners, after) == 96)
    }

    @Test("A draining node gives away everything and nothing else moves")
    func draining() {
        let all = Naming.statefulSet.members(0..<4)
        let owners = Assignment(slots: 256, members: all).owners(from: [])
        let members = [Ring.Member(all[0].id, weight: 0)] + all.dropFirst()
        let after = Assignment(slots: 256, members: members).owners(from: owners)
        #expect(loads(after, of: members)[0] == 0)
        #expect(moves(owners, after) == 64)
    }

    @Test("A pinned slot is where its pin says, loads stay level, and a pin to nobody is passed over")
    func pins() {
        let members = Naming.statefulSet.members(0..<4)
        let assignment = Assignment(slots: 256, members: members)
        let owners = assignment.owners(from: [])
        let pins = (0..<10).map { (slot: Slot($0), node: members[3].id) }
        let idle = [(slot: Slot(11), node: node("nobody")), (slot: Slot(999), node: members[0].id)]
        let after = assignment.owners(from: owners, pins: pins + idle)
        #expect(after[0..<10].allSatisfy { $0 == members[3].id })
        #expect(loads(after, of: members) == [64, 64, 64, 64])
        #expect(after[11] == owners[11])
        #expect(assignment.owners(from: after, pins: pins) == after)
    }

    @Test("A node with more pins than its share owns exactly those, and the others share the rest")
    func manyPins() {
        let members = Naming.statefulSet.members(0..<4)
        let pins = (0..<100).map { (slot: Slot($0), node: members[1].id) }
        let after = Assignment(slots: 256, members: members).owners(from: [], pins: pins)
        #expect(loads(after, of: members) == [52, 100, 52, 52])
    }

    @Test("Of an owner over quota, the slots that like it least move, each to the first of its order with room")
    func choice() {
        let members = Naming.random.members(0..<2)
        let assignment = Assignment(slots: 64, members: members)
        let ring = assignment.ring
        let all = Array(repeating: Optional(ring.members[0].id), count: 64)
        let after = assignment.owners(from: all)
        let likes = (0..<64).filter { ring.preference(of: Slot($0))[0] == 0 }
        let stayed = after.indices.filter { after[$0] == ring.members[0].id }
        #expect(stayed.count == 32)
        #expect(likes.count < 32 ? Set(likes).isSubset(of: stayed) : Set(stayed).isSubset(of: likes))
    }
}
