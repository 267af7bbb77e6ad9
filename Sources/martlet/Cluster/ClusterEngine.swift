import MartletConfiguration
import MartletCore
import MartletGateway
import MartletIO
import MartletKafka

/// What a gateway of a cluster of processes stands on: Kafka for the logs, Redis for everything else. Made here and
/// nowhere else.
final class ClusterEngine: Sendable {
    let ports: GatewayEngine
    private let stores: ClusterStores

    init(_ settings: Configuration) throws {
        throw CommandFailure("not yet")
    }

    func close() { stores.close() }
}
