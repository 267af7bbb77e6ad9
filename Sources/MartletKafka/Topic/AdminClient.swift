internal import CRdKafka

/// Admin requests that block until they are answered.
struct AdminClient {
    let client: KafkaClient
    private let timeoutMilliseconds: Int32

    init(_ client: KafkaClient, _ configuration: KafkaConfiguration) {
        self.client = client
        timeoutMilliseconds = configuration.requestTimeoutMilliseconds
    }

    func createTopic(
        _ name: String, partitions: Int, replication: Int, settings: [KafkaSetting]
    ) throws(KafkaError) {
        let (made, reason) = CText.withErrorBuffer {
            unsafe rd_kafka_NewTopic_new(name, Int32(clamping: partitions), Int32(clamping: replication), $0, $1)
        }
        guard let topic = unsafe made else { throw .refused(reason) }
        defer { unsafe rd_kafka_NewTopic_destroy(topic) }
        for setting in settings { unsafe rd_kafka_NewTopic_set_config(topic, setting.name, setting.value) }
        let event = try unsafe request(RD_KAFKA_ADMIN_OP_CREATETOPICS) { options, queue in
            var topics: [OpaquePointer?] = unsafe [topic]
            unsafe rd_kafka_CreateTopics(client.handle, &topics, 1, options, queue)
        }
        var count = 0
        guard
            let results = unsafe rd_kafka_CreateTopics_result_topics(
                rd_kafka_event_CreateTopics_result(event.pointer), &count), count == 1
        else { throw .unavailable("no answer to the request for a topic") }
        let code = unsafe rd_kafka_topic_result_error(results[0])
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: throw .topicExists(name)
        default:
            let text = unsafe CText.string(rd_kafka_topic_result_error_string(results[0]))
            throw .refused(text ?? CText.describe(code))
        }
    }

    /// All settings of a topic, defaults included.
    func settings(of topic: String) throws(KafkaError) -> [String: String] {
        let resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
        let event = try unsafe request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) { options, queue in
            var resources: [OpaquePointer?] = unsafe [resource]
            unsafe rd_kafka_DescribeConfigs(client.handle, &resources, 1, options, queue)
        }
        var count = 0
        guard
            let results = unsafe rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event.pointer), &count), count == 1
        else { throw .unavailable("no answer to the request for a topic's settings") }
        let code = unsafe rd_kafka_ConfigResource_error(results[0])
        if code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { throw .noTopic(topic) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = unsafe CText.string(rd_kafka_ConfigResource_error_string(results[0]))
            throw .refused(text ?? CText.describe(code))
        }
        return unsafe entries(of: results[0])
    }

    private func entries(of resource: OpaquePointer?) -> [String: String] {
        var count = 0, values: [String: String] = [:]
        guard let entries = unsafe rd_kafka_ConfigResource_configs(resource, &count) else { return values }
        for index in 0..<count {
            let name = unsafe CText.string(rd_kafka_ConfigEntry_name(entries[index]))
            let value = unsafe CText.string(rd_kafka_ConfigEntry_value(entries[index]))
            if let name, let value { values[name] = value }
        }
        return values
    }

    /// Asks and waits for the answer.
    func request(
        _ operation: rd_kafka_admin_op_t, _ send: (OpaquePointer?, OpaquePointer?) -> Void
    ) throws(KafkaError) -> AdminEvent {
        let broker = try awakeBroker()
        let options = unsafe rd_kafka_AdminOptions_new(client.handle, operation)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        if operation == RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, broker >= 0 {
            _ = CText.withErrorBuffer { unsafe rd_kafka_AdminOptions_set_broker(options, broker, $0, $1) }
        }
        _ = CText.withErrorBuffer {
            unsafe rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, $0, $1)
        }
        let queue = unsafe rd_kafka_queue_new(client.handle)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        unsafe send(options, queue)
        // The request has a deadline of its own; the queue's is for a client that is stuck.
        guard let event = unsafe rd_kafka_queue_poll(queue, timeoutMilliseconds + 2_000) else {
            throw .unavailable("no answer")
        }
        let answer = unsafe AdminEvent(event)
        let code = unsafe rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw answer.error(code) }
        return answer
    }

    /// A broker that answers. An admin request whose broker is away makes librdkafka 2.0 connect hundreds of times a
    /// second until the request's end, without its back-off; asking for metadata does not.
    private func awakeBroker() throws(KafkaError) -> Int32 {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = unsafe rd_kafka_metadata(client.handle, 0, nil, &answer, timeoutMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe answer else {
            throw .unavailable(CText.describe(code))
        }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        return unsafe metadata.pointee.orig_broker_id
    }
}

/// Owns an answer.
@safe final class AdminEvent {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe rd_kafka_event_destroy(pointer) }

    func error(_ code: rd_kafka_resp_err_t) -> KafkaError {
        let text = unsafe CText.string(rd_kafka_event_error_string(pointer)) ?? CText.describe(code)
        // Codes below zero are librdkafka's own: it did not reach a broker.
        return code.rawValue < 0 ? .unavailable(text) : .refused(text)
    }
}
