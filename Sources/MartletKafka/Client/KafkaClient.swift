internal import CRdKafka

/// One client of librdkafka with a handle of the topic; threads of its own.
@safe final class KafkaClient: @unchecked Sendable {
    // librdkafka's handles are made for use by many threads; they live until the last reference is gone.
    let handle: OpaquePointer
    let topic: OpaquePointer
    let topicName: String

    init(_ kind: ClientKind, _ configuration: KafkaConfiguration) throws(KafkaError) {
        let settings = try unsafe KafkaClient.makeConf(kind, configuration)
        let (made, reason) = CText.withErrorBuffer { unsafe rd_kafka_new(kind.type, settings, $0, $1) }
        guard let handle = unsafe made else {
            unsafe rd_kafka_conf_destroy(settings)
            throw KafkaClient.refusal(of: configuration.settings, reason)
        }
        topicName = configuration.topic
        guard let topic = unsafe rd_kafka_topic_new(handle, configuration.topic, nil) else {
            unsafe rd_kafka_destroy(handle)
            throw .refused("\(configuration.topic) is no name for a topic")
        }
        unsafe self.handle = handle
        unsafe self.topic = topic
    }

    /// Waits for the client's threads. Whoever has one that may hang lets go of it on a thread that may.
    deinit {
        unsafe rd_kafka_topic_destroy(topic)
        unsafe rd_kafka_destroy(handle)
    }

    private static func makeConf(
        _ kind: ClientKind, _ configuration: KafkaConfiguration
    ) throws(KafkaError) -> OpaquePointer {
        let settings = try ClientSettings(configuration: configuration).merged(kind)
        let conf = unsafe rd_kafka_conf_new()!
        for setting in settings {
            let (outcome, reason) = CText.withErrorBuffer {
                unsafe rd_kafka_conf_set(conf, setting.name, setting.value, $0, $1)
            }
            guard outcome != RD_KAFKA_CONF_OK else { continue }
            unsafe rd_kafka_conf_destroy(conf)
            let isUnknown = outcome == RD_KAFKA_CONF_UNKNOWN
            throw .setting(
                name: setting.name,
                reason: isUnknown ? "is unknown to librdkafka" : refusal(setting, reason))
        }
        unsafe rd_kafka_conf_set_log_cb(conf, onLog)
        if kind == .producer {
            unsafe rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        } else {
            unsafe rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR)
        }
        return unsafe conf
    }

    /// What librdkafka says of the settings together begins with the name of the one that it means, as a rule.
    private static func refusal(of settings: [KafkaSetting], _ reason: String) -> KafkaError {
        let named = settings.first { reason.contains($0.name) }
        return .setting(name: named?.name ?? "combination", reason: "does not work: \(reason)")
    }

    /// librdkafka may repeat the value, which may be a secret.
    private static func refusal(_ setting: KafkaSetting, _ reason: String) -> String {
        reason.contains(setting.value) ? "has a value that librdkafka refuses" : "is refused: \(reason)"
    }
}
