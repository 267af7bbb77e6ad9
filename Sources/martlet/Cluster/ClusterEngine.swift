import MartletConfiguration
import MartletCore
import MartletGateway
import MartletIO
import MartletKafka
import MartletRedis

/// What a cluster of processes stands on: Kafka for the logs, Redis for everything else. Made here and nowhere else.
final class ClusterEngine: Sendable {
    let ports: GatewayEngine

    init(ports: GatewayEngine) { self.ports = ports }

    func close() {}
}
