/// What each kind of client is set to. The operator's settings come first; these may not be among them.
struct ClientSettings {
    let configuration: KafkaConfiguration

    /// Reconnects and retries come soon, and writes are not held back for an acknowledgement of TCP.
    private var common: [KafkaSetting] {
        [
            KafkaSetting("bootstrap.servers", configuration.bootstrap),
            KafkaSetting("client.id", configuration.clientID),
            KafkaSetting("socket.nagle.disable", "true"),
            KafkaSetting("socket.keepalive.enable", "true"),
            KafkaSetting("reconnect.backoff.ms", "50"),
            KafkaSetting("reconnect.backoff.max.ms", "1000"),
            // A partition without a leader is asked for after 50 ms, then twice as long each time, until this often: else
            // a leader that was elected three seconds after a broker's death is found after six.
            KafkaSetting("topic.metadata.refresh.fast.interval.ms", "50"),
            KafkaSetting("topic.metadata.refresh.interval.ms", "1000"),
            KafkaSetting("allow.auto.create.topics", "false"),
            KafkaSetting("log.connection.close", "false"),
        ]
    }

    func settings(_ kind: ClientKind) -> [KafkaSetting] {
        switch kind {
        case .producer: common + producer
        case .consumer: common + consumer
        case .control: common + [KafkaSetting("socket.timeout.ms", "10000")]
        }
    }

    private var producer: [KafkaSetting] {
        [
            KafkaSetting("enable.idempotence", "true"),
            KafkaSetting("acks", "all"),
            KafkaSetting("retry.backoff.ms", "50"),
            // A first record must not wait for a connection to its leader.
            KafkaSetting("enable.sparse.connections", "false"),
            KafkaSetting("linger.ms", "\(configuration.lingerMilliseconds)"),
            KafkaSetting("message.timeout.ms", "\(configuration.sendTimeoutMilliseconds)"),
            KafkaSetting("request.timeout.ms", "\(configuration.sendTimeoutMilliseconds)"),
            KafkaSetting("message.max.bytes", "\(configuration.maxRecordBytes + 4_096)"),
            // The log's own limits come first.
            KafkaSetting("queue.buffering.max.messages", "\(configuration.maxRecordsInFlight + 1)"),
            KafkaSetting("queue.buffering.max.kbytes", "\(configuration.maxBytesInFlight / 512 + 1)"),
        ]
    }

    private var consumer: [KafkaSetting] {
        [
            KafkaSetting("auto.offset.reset", "error"),
            KafkaSetting("enable.auto.commit", "false"),
            KafkaSetting("enable.auto.offset.store", "false"),
            KafkaSetting("enable.partition.eof", "false"),
            KafkaSetting("isolation.level", "read_uncommitted"),
            KafkaSetting("enable.sparse.connections", "false"),
            KafkaSetting("fetch.wait.max.ms", "\(configuration.fetchWaitMilliseconds)"),
            KafkaSetting("fetch.error.backoff.ms", "50"),
            KafkaSetting("fetch.message.max.bytes", "\(configuration.maxRecordBytes + 4_096)"),
            KafkaSetting("queued.min.messages", "100000"),
            KafkaSetting("queued.max.messages.kbytes", "\(configuration.fetchedKilobytes)"),
        ]
    }

    /// Names that the operator may not set.
    var reserved: Set<String> {
        Set((common + producer + consumer).map(\.name)).union(ClientSettings.aliases)
            .subtracting(ClientSettings.tunable)
    }

    private static let aliases = [
        "metadata.broker.list", "queue.buffering.max.ms", "request.required.acks", "delivery.timeout.ms",
        "fetch.max.wait.ms", "partitioner", "transactional.id", "group.id", "log.queue", "background_event_cb",
    ]
    /// Harmless, and sometimes needed.
    private static let tunable = [
        "socket.keepalive.enable", "reconnect.backoff.ms", "reconnect.backoff.max.ms", "retry.backoff.ms",
        "socket.timeout.ms", "log.connection.close",
    ]

    /// The operator's settings, then those that are not among them.
    func merged(_ kind: ClientKind) throws(KafkaError) -> [KafkaSetting] {
        let reserved = reserved
        for setting in configuration.settings where reserved.contains(setting.name) {
            throw .setting(name: setting.name, reason: "is Martlet's own business")
        }
        let given = Set(configuration.settings.map(\.name))
        return configuration.settings + settings(kind).filter { !given.contains($0.name) }
    }
}
