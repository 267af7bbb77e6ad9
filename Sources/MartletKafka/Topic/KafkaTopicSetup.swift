import MartletIO

/// Makes the cluster's topic.
public struct KafkaTopicSetup: Sendable {
    public enum Outcome: Hashable, Sendable {
        case created
        /// It was there, and was left as it is; what `KafkaCheck` finds.
        case existed([KafkaFinding])
    }

    public let promises: KafkaPromises

    public init(_ promises: KafkaPromises) { self.promises = promises }

    /// Makes the topic with a new generation, and waits until all of its partitions have a leader. Blocks for at most
    /// some seconds; needs the right to create topics.
    public func run(_ configuration: KafkaConfiguration) throws(KafkaError) -> Outcome {
        let client = try KafkaClient(.control, configuration)
        let admin = AdminClient(client, configuration)
        do {
            try admin.createTopic(
                configuration.topic, partitions: configuration.slotCount, replication: promises.replication,
                settings: settings)
        } catch .topicExists {
            let topic = try TopicDescription.read(client, configuration)
            return .existed(KafkaCheck(promises).findings(topic, slots: configuration.slotCount))
        }
        try TopicDescription.awaitLeaders(client, configuration)
        return .created
    }

    /// What the topic is made with.
    var settings: [KafkaSetting] {
        let random = randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return [
            KafkaSetting("min.insync.replicas", "\(promises.minInSyncReplicas)"),
            KafkaSetting("unclean.leader.election.enable", "false"),
            KafkaSetting("retention.ms", "\(promises.retentionMilliseconds)"),
            KafkaSetting("cleanup.policy", "delete"),
            KafkaSetting("max.message.bytes", "\(promises.maxMessageBytes)"),
            KafkaSetting("message.timestamp.type", "LogAppendTime"),
            KafkaSetting(LogGeneration.settingName, "\(LogGeneration.make(random: random))"),
        ]
    }
}
