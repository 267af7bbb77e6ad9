import MartletCore
import Testing

@testable import MartletGateway

@Suite struct RoutingTableTests {
    private let me = NodeID("me")!
    private let other = NodeID("other")!

    private func row(_ id: NodeID, incarnation: UInt64, age: Int64 = 0, left: Bool = false) -> NodeRow {
        NodeRow(
            registration: NodeRegistration(id: id, incarnation: incarnation, linkAddress: "", clientAddress: ""),
            worker: 0, leaseAgeMilliseconds: age, left: left)
    }

    private func map(_ owners: [NodeID?], state: ClusterMap.Node.State = .up) -> ClusterMap {
        ClusterMap(
            version: 1, term: 1,
            nodes: [
                ClusterMap.Node(
                    id: me, incarnation: 1, linkAddress: "", clientAddress: "", weight: 1, worker: 0, state: state)
            ], slots: owners.map { ClusterMap.Assignment(owner: $0, epoch: 1) })
    }

    @Test func ownSlotsAreSpreadOverTheLoops() {
        let table = RoutingTable(map: map([me, other, me, nil, me, me]), me: me, loops: 2, nodes: [], asOf: 0)
        #expect(
            table.routes == [
                .here(loop: 0), .node(other), .here(loop: 0), .nobody, .here(loop: 0), .here(loop: 1),
            ])
        #expect(table.slots == 6)
        #expect(table.home(of: Slot(1)) == other)
        #expect(table.home(of: Slot(3)) == nil)
    }

    @Test func aSlotThatMovesIsServedUntilItIsReleased() {
        var moving = map([me])
        moving.slots[0].movingTo = other
        #expect(RoutingTable(map: moving, me: me, loops: 1, nodes: [], asOf: 0).routes == [.here(loop: 0)])
    }

    @Test func aKeysSlotIsTheClustersSlot() {
        let table = RoutingTable(map: map(Array(repeating: me, count: 16)), me: me, loops: 3, nodes: [], asOf: 0)
        for name in ["alice", "bob", "雨燕"] {
            #expect(table.slot(of: Key(name)!) == Slot(of: Key(name)!, slots: 16))
        }
    }

    @Test func drainingIsThisNodesState() {
        #expect(RoutingTable(map: map([me], state: .draining), me: me, loops: 1, nodes: [], asOf: 0).isDraining)
        #expect(!RoutingTable(map: map([me]), me: me, loops: 1, nodes: [], asOf: 0).isDraining)
        #expect(!RoutingTable(map: map([me], state: .draining), me: other, loops: 1, nodes: [], asOf: 0).isDraining)
    }

    @Test(arguments: [
        ("10.0.0.1:80", "10.0.0.1", UInt16(80)), ("[::1]:8001", "::1", 8001),
        ("gateway-3.local:65535", "gateway-3.local", 65535),
        ("host", "host", 0), ("host:", "host", 0), ("host:70000", "host", 0),
    ])
    func addressesAreParted(address: String, host: String, port: UInt16) {
        let parts = splitAddress(address)
        #expect(parts.host == host)
        #expect(parts.port == port)
    }
}
