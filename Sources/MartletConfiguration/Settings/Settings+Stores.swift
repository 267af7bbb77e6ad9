/// How Redis is laid out.
public enum RedisLayout: String, CaseIterable, Sendable {
    case single, cluster, sentinel
}

// What the cluster stands on.
extension Settings {
    public static let redisLayout = Setting(
        "redis.layout", .choice, default: RedisLayout.single, for: [.gateway, .coordinator],
        help: "One server, a Redis Cluster, or servers watched by sentinels.")
    public static let redisAddress = Setting(
        "redis.address", .list(.connect), default: [Endpoint(host: "127.0.0.1", port: 6379)],
        for: [.gateway, .coordinator],
        help: "The server; or some nodes of the Redis Cluster; or the sentinels.")
    public static let redisMaster = Setting(
        "redis.master", .text, default: "mymaster", for: [.gateway, .coordinator],
        help: "What the sentinels call the master.")
    public static let redisUser = Setting(
        "redis.user", .optional(.text), default: nil, for: [.gateway, .coordinator],
        help: "The ACL user; without it the default one.")
    public static let redisPassword = SecretSetting(
        "redis.password", for: [.gateway, .coordinator], help: "The password, where the servers want one.")
    public static let sentinelPassword = SecretSetting(
        "redis.sentinelPassword", for: [.gateway, .coordinator],
        help: "The sentinels' own password, where they want one.")
    public static let redisTimeout = Setting(
        "redis.timeout", .time(100...60_000), default: 2_000, for: [.gateway, .coordinator],
        help: "How long a command may wait for its answer.")
    public static let redisConnectTimeout = Setting(
        "redis.connectTimeout", .time(50...60_000), default: 1_000, for: [.gateway, .coordinator],
        help: "How long making a connection may take.")
    static let redis: [any AnySetting] =
        [redisLayout, redisAddress, redisMaster, redisUser] + redisPassword.both + sentinelPassword.both
        + [redisTimeout, redisConnectTimeout]

    public static let kafkaBootstrap = Setting(
        "kafka.bootstrap", .list(.connect), default: [Endpoint(host: "127.0.0.1", port: 9092)],
        for: [.gateway, .setup, .log], help: "Some brokers; the others are learnt from them.")
    public static let kafkaReplication = Setting(
        "kafka.replication", .integer(1...100), default: 3, for: [.gateway, .setup],
        help: "Brokers that keep each message. The topic is made with it, and a gateway checks it.")
    public static let kafkaMinInsyncReplicas = Setting(
        "kafka.minInsyncReplicas", .integer(1...100), default: 2, for: [.gateway, .setup],
        help: "Brokers that have a message before it is accepted. The topic is made with it, and a gateway checks it.")
    public static let kafkaSettings = Setting(
        "kafka.settings", .map, default: [], for: [.gateway, .setup, .log],
        help: "Settings of librdkafka, passed on: TLS (`security.protocol`, `ssl.ca.location`…), SASL.")
    public static let kafkaPassword = SecretSetting(
        "kafka.password", for: [.gateway, .setup, .log], help: "librdkafka's `sasl.password`.")
    public static let kafkaPartitionsPerProducer = Setting(
        "kafka.partitionsPerProducer", .integer(1...4096), default: 32,
        help: "One producer, with threads of its own, for so many slots of this node.")
    public static let kafkaLinger = Setting(
        "kafka.linger", .time(0...100), default: 12,
        help: "How long a record may wait under load for others to go with it; at low rates it goes at once.")
    public static let kafkaSendTimeout = Setting(
        "kafka.sendTimeout", .time(1_000...60_000), default: 3_000,
        help: "After so long without an answer of the brokers a message counts as not written, or of unknown outcome.")
    public static let kafkaBytesInFlight = Setting(
        "kafka.bytesInFlight", .size(1 << 20...1 << 30), default: 32 << 20,
        help: "Records on their way to the brokers; beyond it senders are told to come again.")
    public static let allow = Setting(
        "allow", .list(.text), default: [],
        help: "Promises that may be broken: a check at the start that would refuse one of these names warns instead. "
            + "The refusal says the name.")
    static let kafka: [any AnySetting] =
        [kafkaBootstrap, kafkaReplication, kafkaMinInsyncReplicas, kafkaSettings] + kafkaPassword.both
        + [kafkaPartitionsPerProducer, kafkaLinger, kafkaSendTimeout, kafkaBytesInFlight, allow]
}
