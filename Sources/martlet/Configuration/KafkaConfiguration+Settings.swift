import MartletConfiguration
import MartletKafka

extension KafkaConfiguration {
    init(_ settings: Configuration) throws(ConfigurationError) {
        var passed = settings[Settings.kafkaSettings].map { KafkaSetting($0.name, $0.value) }
        if let password = try settings.text(of: Settings.kafkaPassword) {
            passed.append(KafkaSetting("sasl.password", password))
        }
        self.init(
            bootstrap: settings.text(of: Settings.kafkaBootstrap), cluster: settings[Settings.clusterName],
            slotCount: settings[Settings.slots], settings: passed)
        partitionsPerProducer = settings[Settings.kafkaPartitionsPerProducer]
        sendTimeoutMilliseconds = Int(settings[Settings.kafkaSendTimeout])
        maxBytesInFlight = settings[Settings.kafkaBytesInFlight]
        logRetentionMilliseconds = settings[Settings.mailboxAge] + 86_400_000
    }
}

extension KafkaPromises {
    init(_ settings: Configuration, _ kafka: KafkaConfiguration) {
        self.init(
            replication: settings[Settings.kafkaReplication],
            minInSyncReplicas: settings[Settings.kafkaMinInsyncReplicas],
            mailboxMilliseconds: settings[Settings.mailboxAge], maxRecordBytes: kafka.maxRecordBytes)
    }
}
