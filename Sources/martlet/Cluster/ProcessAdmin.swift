import MartletCommand
import MartletConfiguration
import MartletCoordinator
import MartletCore
import MartletGateway
import MartletIO

/// The admin API of a process: where it listens, and what opens it.
struct ProcessAdmin {
    private let admin: ClusterAdmin

    /// Of a gateway's process.
    init(_ settings: Configuration, engine: ClusterEngine, node: NodeProcess) throws {
        var sources = ProcessAdmin.sources(
            settings, cluster: node.engine.cluster, presence: node.engine.presence, registry: node.metrics.registry)
        sources.engineWaitsFor = { engine.waitsFor }
        sources.gateways = { node.gateway.map { [$0] } ?? [] }
        admin = try ProcessAdmin.open(settings, sources)
    }

    /// Of a coordinator's process.
    init(_ settings: Configuration, stores: ClusterStores, coordinator: Coordinator) throws {
        var sources = ProcessAdmin.sources(
            settings, cluster: stores.cluster, presence: stores.presence, registry: MetricsRegistry())
        sources.engineWaitsFor = { stores.waitsFor }
        sources.coordinator = coordinator
        admin = try ProcessAdmin.open(settings, sources)
    }

    var url: String { admin.url }

    func stop() { admin.stop() }

    private static func sources(
        _ settings: Configuration, cluster: any ClusterStore, presence: any PresenceStore, registry: MetricsRegistry
    ) -> AdminSources {
        var sources = AdminSources(
            cluster: cluster, presence: presence, slots: settings[Settings.slots], registry: registry)
        sources.leaseMilliseconds = settings[Settings.leaseTTL]
        return sources
    }

    private static func open(_ settings: Configuration, _ sources: AdminSources) throws -> ClusterAdmin {
        let listen = settings[Settings.adminListen]
        let token = try ProcessAdmin.token(settings)
        do {
            return try ClusterAdmin(sources, address: listen.listeningHost, port: listen.port, token: token)
        } catch {
            throw CommandFailure(error.message, code: .configuration)
        }
    }

    private static func token(_ settings: Configuration) throws(CommandFailure) -> AdminToken {
        do {
            return try settings.text(of: Settings.adminToken).map { AdminToken($0) } ?? .random()
        } catch {
            throw ConfigurationLoader.failure(error.problems)
        }
    }
}
