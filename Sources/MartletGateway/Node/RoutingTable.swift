import MartletCore

/// Where a slot is served, as one node sees it.
enum Route: Equatable, Sendable {
    /// On this node, on this loop.
    case here(loop: Int)
    case node(NodeID)
    case nobody
}

/// The cluster map, prepared for look-ups on the message path. Immutable; every loop holds the newest it was sent.
final class RoutingTable: Sendable {
    let map: ClusterMap
    let me: NodeID
    let routes: [Route]
    /// When the map was read with the leases below: monotonic milliseconds.
    let asOf: Int64
    /// Lease ages at `asOf`, by node and incarnation.
    let leases: [NodeID: Lease]

    struct Lease: Sendable {
        var incarnation: UInt64
        var ageMilliseconds: Int64
    }

    init(map: ClusterMap, me: NodeID, loops: Int, nodes: [NodeRow], asOf: Int64) {
        self.map = map
        self.me = me
        self.asOf = asOf
        routes = map.slots.enumerated().map { index, assignment in
            guard let owner = assignment.owner else { return .nobody }
            return owner == me ? .here(loop: index % loops) : .node(owner)
        }
        leases = Dictionary(
            nodes.filter { !$0.left }.map {
                (
                    $0.registration.id,
                    Lease(incarnation: $0.registration.incarnation, ageMilliseconds: $0.leaseAgeMilliseconds)
                )
            }, uniquingKeysWith: { _, last in last })
    }

    var slots: Int { map.slots.count }

    func slot(of key: Key) -> Slot { Slot(of: key, slots: slots) }

    func home(of slot: Slot) -> NodeID? { map[slot].owner }

    var isDraining: Bool { map.node(me)?.state == .draining }
}
