import MartletCoordinator
import MartletCore
import MartletGateway
import MartletIO

/// What the admin API of a process asks.
struct AdminSources: Sendable {
    var cluster: any ClusterStore
    var presence: any PresenceStore
    /// How many slots the cluster has.
    var slots: Int
    /// After how long without a renewal a node is dead.
    var leaseMilliseconds: Int64 = 3_000
    var registry: MetricsRegistry
    /// The gateways of this process, looked at with each question: one that lost its lease is replaced by another.
    var gateways: @Sendable () -> [Gateway] = { [] }
    /// The coordinator of this process.
    var coordinator: Coordinator?
    /// What the engine waits for, in words (`the disk`, `Kafka`); empty: it works.
    var engineWaitsFor: @Sendable () -> [String] = { [] }
    /// Nodes whose loops stand still (`dev`).
    var isPaused: @Sendable (NodeID) -> Bool = { _ in false }

    init(cluster: any ClusterStore, presence: any PresenceStore, slots: Int, registry: MetricsRegistry) {
        self.cluster = cluster
        self.presence = presence
        self.slots = slots
        self.registry = registry
    }

    func gateway(_ node: NodeRegistration) -> Gateway? {
        gateways().first { $0.id == node.id && $0.incarnation == node.incarnation }
    }
}
