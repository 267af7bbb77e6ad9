import MartletIO

/// What the log's loop and its callers share.
struct KafkaParts: Sendable {
    let configuration: KafkaConfiguration
    let pool: ProducerPool
    let firstConsumer: ClientBox
    let control: ClientBox
    let bounds: BoundsWorker
    let admin: SerialWorker
    let trimmer: Trimmer
    let identity: Identity
    let watch: BrokerWatch
    let sender = KafkaSender()

    /// Blocks until the brokers have answered.
    init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        self.configuration = configuration
        let client = try KafkaClient(.control, configuration)
        let topic = try TopicDescription.read(client, configuration)
        guard topic.replicas.count == configuration.slotCount else {
            throw .otherSlotCount(
                topic: configuration.topic, found: topic.replicas.count, wanted: configuration.slotCount)
        }
        guard let generation = topic.generation else { throw .notInitialised(topic: configuration.topic) }
        let consumer = try KafkaClient(.consumer, configuration)
        _ = try TopicLayout.read(consumer, configuration.requestTimeoutMilliseconds)
        pool = try ProducerPool(configuration, brokers: topic.brokers)
        control = ClientBox(client)
        firstConsumer = ClientBox(consumer)
        do throws(SocketError) {
            bounds = try BoundsWorker(control, configuration)
            admin = try SerialWorker(name: "kafka-admin")
        } catch {
            throw .refused("\(error)")
        }
        trimmer = Trimmer(control, configuration, admin)
        watch = BrokerWatch(control, admin)
        identity = Identity(generation, control, configuration, admin)
    }
}
