/// What the log on Kafka needs to know. Bytes, counts, milliseconds.
public struct KafkaConfiguration: Sendable {
    /// Brokers to begin with: `host:port`, separated by commas.
    public var bootstrap: String
    /// Names the topic: `<cluster>-log`.
    public var cluster: String
    /// The topic's partitions; fixed for a cluster's life.
    public var slotCount: Int
    /// Passed to librdkafka as they are: TLS, SASL, addresses. What Martlet depends on cannot be set here.
    public var settings: [KafkaSetting]
    /// How Kafka's own logs and quotas name this process.
    public var clientID = "martlet"

    /// One idempotent producer for so many partitions of a broker: it has five requests in flight per broker and sends
    /// each partition its own, so with more of them partitions wait for their turn.
    public var partitionsPerProducer = 32
    /// How long librdkafka keeps a record waiting for company. 0: callers gather by themselves, who know the load.
    public var lingerMilliseconds = 0.0
    /// A record that is not written by then has failed, or its outcome is unknown. librdkafka looks once a second, so
    /// senders hear of it within 4 s.
    public var sendTimeoutMilliseconds = 3_000
    /// Records and bytes of all slots on their way; beyond it appends fail at once.
    public var maxRecordsInFlight = 65_536
    public var maxBytesInFlight = 32 << 20
    public var maxRecordBytes = 1 << 20

    /// How long a broker keeps a fetch that finds nothing, and so how long a new reader may wait for its turn.
    public var fetchWaitMilliseconds = 50
    /// What is kept for a reader that does not call `next`, before its partition is fetched no more.
    public var readerBytes = 2 << 20
    /// What librdkafka keeps of all partitions before the loop takes it.
    public var fetchedKilobytes = 32 << 10
    /// Readers of one slot at a time; a further one gets `unavailable`. Each takes a consumer of its own.
    public var readersPerSlot = 4

    /// Metadata, watermarks, admin requests.
    public var requestTimeoutMilliseconds: Int32 = 4_000
    /// A record that is older, and that nobody needs, is removed. 0: at once.
    public var logRetentionMilliseconds: Int64 = 31 * 86_400_000
    /// How often a slot's log is trimmed at most; 0: only when asked.
    public var trimMilliseconds: Int64 = 600_000
    /// How often the topic is looked at, to see that it is still the same.
    public var identityMilliseconds: Int64 = 15_000
    /// How long `close` waits for records on their way.
    public var flushMilliseconds: Int32 = 4_000

    public init(bootstrap: String, cluster: String, slotCount: Int, settings: [KafkaSetting] = []) {
        self.bootstrap = bootstrap
        self.cluster = cluster
        self.slotCount = slotCount
        self.settings = settings
    }

    public var topic: String { cluster + "-log" }

    /// Throws what librdkafka would refuse: a setting that it does not know, a value, a certificate that cannot be read.
    /// No broker is asked.
    public func check() throws(KafkaError) {
        var offline = self
        offline.bootstrap = ""
        for kind in [ClientKind.control, .consumer, .producer] { _ = try KafkaClient(kind, offline) }
    }
}
