/// Why the log on Kafka does not open, or its topic cannot be made or looked at.
public enum KafkaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// librdkafka refuses a setting, or it is one that Martlet depends on. Values are never repeated.
    case setting(name: String, reason: String)
    /// No broker answered in time.
    case unavailable(String)
    case noTopic(String)
    case topicExists(String)
    /// The topic has no generation: `martlet cluster init` did not make it.
    case notInitialised(topic: String)
    case otherSlotCount(topic: String, found: Int, wanted: Int)
    /// A broker said no: rights, a policy, a setting that it does not take.
    case refused(String)

    public var description: String {
        switch self {
        case .setting(let name, let reason): "the Kafka setting \(name) \(reason)"
        case .unavailable(let reason): "Kafka does not answer: \(reason)"
        case .noTopic(let topic): "Kafka has no topic \(topic): `martlet cluster init` makes it"
        case .topicExists(let topic): "Kafka has a topic \(topic) already"
        case .notInitialised(let topic):
            "the topic \(topic) has no generation in its setting \(LogGeneration.settingName): it was not made by "
                + "`martlet cluster init`"
        case .otherSlotCount(let topic, let found, let wanted):
            "the topic \(topic) has \(found) partitions, and \(wanted) slots were asked for: a cluster's number is fixed"
        case .refused(let reason): "Kafka refuses: \(reason)"
        }
    }
}
