import Synchronization

/// How a gateway stands, for readiness, metrics and whoever waits for its drain.
public struct GatewayStatus: Equatable, Sendable {
    /// It holds a lease, as far as it knows.
    public var isMember = false
    /// It has read a cluster map.
    public var hasMap = false
    /// An operator, or its own end, asked for it to be emptied.
    public var isDraining = false
    /// The cluster store answered its last renewal.
    public var reachesStore = true
    /// Slots that it serves, and those of them that do not take sends yet.
    public var slots = 0
    public var startingSlots = 0
    /// Sockets of clients.
    public var connections = 0

    public init() {}
}

/// The cells behind a `GatewayStatus`: written by the node's loops, read by anybody.
final class StatusCells: Sendable {
    let isMember = Atomic(false)
    let hasMap = Atomic(false)
    let isDraining = Atomic(false)
    let reachesStore = Atomic(true)
    let slots = Atomic(0)
    let readySlots = Atomic(0)

    func status(connections: Int) -> GatewayStatus {
        var status = GatewayStatus()
        status.isMember = isMember.load(ordering: .relaxed)
        status.hasMap = hasMap.load(ordering: .relaxed)
        status.isDraining = isDraining.load(ordering: .relaxed)
        status.reachesStore = reachesStore.load(ordering: .relaxed)
        status.slots = max(0, slots.load(ordering: .relaxed))
        status.startingSlots = max(0, status.slots - readySlots.load(ordering: .relaxed))
        status.connections = max(0, connections)
        return status
    }
}
