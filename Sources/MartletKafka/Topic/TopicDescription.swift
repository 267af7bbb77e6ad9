internal import CRdKafka
import MartletIO

/// A topic as the brokers describe it.
struct TopicDescription: Hashable, Sendable {
    /// How many brokers have each partition.
    var replicas: [Int]
    /// Brokers of the whole cluster.
    var brokers = 1
    var values: [String: String]

    var generation: UInt64? { values[LogGeneration.settingName].flatMap(LogGeneration.parse) }

    func integer(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }

    func finding(_ name: String, wanted: String, why: String) -> KafkaFinding {
        KafkaFinding(name: name, found: values[name] ?? "not told", wanted: wanted, why: why)
    }

    static func read(_ configuration: KafkaConfiguration) throws(KafkaError) -> TopicDescription {
        try read(KafkaClient(.control, configuration), configuration)
    }

    static func read(_ client: KafkaClient, _ configuration: KafkaConfiguration) throws(KafkaError) -> TopicDescription
    {
        let layout = try TopicLayout.read(client, configuration.requestTimeoutMilliseconds)
        let values = try AdminClient(client, configuration).settings(of: configuration.topic)
        return TopicDescription(
            replicas: layout.partitions.map(\.replicas), brokers: layout.brokers, values: values)
    }

    /// A topic that was just made is known to brokers one after the other.
    static func awaitLeaders(_ client: KafkaClient, _ configuration: KafkaConfiguration) throws(KafkaError) {
        let deadline = Clock.monotonicMilliseconds + Int64(configuration.requestTimeoutMilliseconds)
        let pause = Condition()
        while true {
            let layout = try? TopicLayout.read(client, configuration.requestTimeoutMilliseconds)
            let led = layout?.partitions.count { $0.hasLeader } ?? 0
            if led == configuration.slotCount { return }
            guard Clock.monotonicMilliseconds < deadline else {
                throw .unavailable("\(led) of \(configuration.slotCount) partitions have a leader")
            }
            pause.lock()
            pause.wait(milliseconds: 50)
            pause.unlock()
        }
    }
}

/// Where a topic's partitions are.
struct TopicLayout {
    struct Partition {
        var hasLeader: Bool
        var replicas: Int
    }

    /// By their number.
    var partitions: [Partition]
    var brokers: Int

    /// Asks a broker; what it says also teaches the client.
    static func read(_ client: KafkaClient, _ timeoutMilliseconds: Int32) throws(KafkaError) -> TopicLayout {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = unsafe rd_kafka_metadata(client.handle, 0, client.topic, &answer, timeoutMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe answer else {
            throw .unavailable(CText.describe(code))
        }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        guard unsafe metadata.pointee.topic_cnt == 1 else { throw .noTopic(client.topicName) }
        let topic = unsafe metadata.pointee.topics[0]
        let error = unsafe topic.err
        if error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { throw .noTopic(client.topicName) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .refused(CText.describe(error)) }
        return unsafe TopicLayout(topic, brokers: Int(metadata.pointee.broker_cnt))
    }

    private init(_ topic: rd_kafka_metadata_topic, brokers: Int) {
        self.brokers = brokers
        partitions = unsafe (0..<Int(topic.partition_cnt)).map { index in
            let partition = unsafe topic.partitions[index]
            return unsafe Partition(hasLeader: partition.leader >= 0, replicas: Int(partition.replica_cnt))
        }
    }
}
