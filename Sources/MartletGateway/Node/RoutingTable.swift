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
    /// What the look at the store that brought the map says of presence.
    let evidence: PresenceEvidence

    /// `asOf`: when the store was looked at, in monotonic milliseconds. `earlier`: the table before.
    init(
        map: ClusterMap, me: NodeID, loops: Int, nodes: [NodeRow], asOf: Int64, after earlier: RoutingTable? = nil,
        leaseMilliseconds: Int64 = PresenceEvidence.leaseMilliseconds
    ) {
        self.map = map
        self.me = me
        evidence = PresenceEvidence(
            map: map, nodes: nodes, asOf: asOf, after: earlier?.evidence,
            leaseMilliseconds: leaseMilliseconds)
        routes = map.slots.enumerated().map { index, assignment in
            guard let owner = assignment.owner else { return .nobody }
            return owner == me ? .here(loop: index % loops) : .node(owner)
        }
    }

    var slots: Int { map.slots.count }

    func slot(of key: Key) -> Slot { Slot(of: key, slots: slots) }

    func home(of slot: Slot) -> NodeID? { map[slot].owner }

    var isDraining: Bool { map.node(me)?.state == .draining }
}
