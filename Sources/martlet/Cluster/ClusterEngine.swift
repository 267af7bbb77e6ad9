import MartletConfiguration
import MartletGateway
import MartletIO
import MartletKafka

/// What a gateway of a cluster of processes stands on: Kafka for the logs, Redis for everything else. Made here and
/// nowhere else.
final class ClusterEngine: Sendable {
    let ports: GatewayEngine
    private let log: KafkaLog
    private let stores: ClusterStores

    /// Connects, and refuses what breaks a promise. Throws `CommandFailure`.
    init(_ settings: Configuration, logger: Logger) throws(CommandFailure) {
        stores = try ClusterStores(settings)
        do {
            log = try ClusterEngine.openLog(settings, logger)
        } catch {
            stores.close()
            throw error
        }
        ports = GatewayEngine(
            log: log, mailboxes: stores.mailboxes, presence: stores.presence, cluster: stores.cluster)
    }

    /// What it waits for, in words; empty: it works. On any thread.
    var waitsFor: [String] { (log.isWorking ? [] : ["Kafka"]) + stores.waitsFor }

    func close() {
        log.close()
        stores.close()
    }

    private static func openLog(_ settings: Configuration, _ logger: Logger) throws(CommandFailure) -> KafkaLog {
        let kafka: KafkaConfiguration
        do {
            kafka = try KafkaConfiguration(settings)
        } catch {
            throw ConfigurationLoader.failure(error.problems)
        }
        try StartupChecks.kafka(kafka, settings, logger)
        do {
            return try KafkaLog.open(kafka)
        } catch {
            throw CommandFailure(error)
        }
    }
}
