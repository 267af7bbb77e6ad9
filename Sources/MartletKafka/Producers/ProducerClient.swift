internal import CRdKafka
import MartletCore

/// One life of a producer: an idempotent client and the queue of its reports. `produce` from any thread under the
/// producer's lock, the rest on the loop.
///
/// Reports wake nobody: what was written is read back, and no success is waited for.
@safe final class ProducerClient: @unchecked Sendable {
    // The client is librdkafka's and made for many threads; the queue is touched by the loop alone.
    let life: UInt64
    let client: KafkaClient
    private let queue: OpaquePointer

    /// What came out of the queue.
    enum Event {
        case reports([DeliveryReport])
        case fatal(String)
        case other
    }

    init(life: UInt64, _ configuration: KafkaConfiguration) throws(KafkaError) {
        self.life = life
        client = try KafkaClient(.producer, configuration)
        unsafe queue = rd_kafka_queue_get_main(client.handle)
    }

    deinit { unsafe rd_kafka_queue_destroy(queue) }

    // MARK: - Sending

    /// Hands over all of `records`, in order, each under its tag. Returns those that were not taken, with the reason:
    /// they are never sent.
    func produce(_ records: [[UInt8]], to slot: Slot, call: UInt64) -> [(index: Int, error: PortError)] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.count })
        for record in records { bytes += record }
        return unsafe bytes.withUnsafeMutableBytes { buffer -> [(index: Int, error: PortError)] in
            var messages: [rd_kafka_message_t] = unsafe makeMessages(records, buffer, call: call)
            let count = Int32(records.count)
            let taken = unsafe rd_kafka_produce_batch(
                client.topic, Int32(slot.index), RD_KAFKA_MSG_F_COPY, &messages, count)
            return unsafe taken == count ? [] : refused(messages)
        }
    }

    private func makeMessages(
        _ records: [[UInt8]], _ buffer: UnsafeMutableRawBufferPointer, call: UInt64
    ) -> [rd_kafka_message_t] {
        var position = 0
        return unsafe records.indices.map { index in
            var message = unsafe rd_kafka_message_t()
            unsafe message.payload = buffer.baseAddress.map { unsafe $0 + position }
            unsafe message.len = records[index].count
            unsafe message._private = UnsafeMutableRawPointer(
                bitPattern: RecordTag(call: call, index: index).rawValue)
            position += records[index].count
            return unsafe message
        }
    }

    private func refused(_ messages: [rd_kafka_message_t]) -> [(index: Int, error: PortError)] {
        unsafe messages.indices.compactMap { index in
            let code = unsafe messages[index].err
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
            guard code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE else { return (index, .unavailable) }
            return unsafe (index, .corrupt("a record of \(messages[index].len) bytes is too large for the topic"))
        }
    }

    // MARK: - Reports

    /// What waits in the queue, one event; nil: nothing.
    func nextEvent() -> Event? {
        guard let event = unsafe rd_kafka_queue_poll(queue, 0) else { return nil }
        defer { unsafe rd_kafka_event_destroy(event) }
        switch unsafe rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR: return unsafe .reports(reports(of: event))
        case RD_KAFKA_EVENT_ERROR: return unsafe errorEvent(event)
        default: return .other
        }
    }

    private func reports(of event: OpaquePointer) -> [DeliveryReport] {
        var reports: [DeliveryReport] = []
        unsafe reports.reserveCapacity(rd_kafka_event_message_count(event))
        while let message = unsafe rd_kafka_event_message_next(event) {
            let tag = unsafe RecordTag(rawValue: UInt(bitPattern: message.pointee._private))
            unsafe reports.append(DeliveryReport(tag: tag, outcome: outcome(of: message)))
        }
        return reports
    }

    /// A success counts only with an offset: a retry that the broker knew already is reported without one, and a
    /// request that was refused for lack of replicas has been seen reported so too. What was never sent has failed.
    private func outcome(of message: UnsafePointer<rd_kafka_message_t>) -> AppendOutcome {
        let (code, offset) = unsafe (message.pointee.err, message.pointee.offset)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return offset >= 0 ? .written(offset) : .unknown }
        let status = unsafe rd_kafka_message_status(message)
        return status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED ? .failed(.unavailable) : .unknown
    }

    private func errorEvent(_ event: OpaquePointer) -> Event {
        let (code, reason) = CText.withErrorBuffer { unsafe rd_kafka_fatal_error(client.handle, $0, $1) }
        let isFatal = unsafe code != RD_KAFKA_RESP_ERR_NO_ERROR || rd_kafka_event_error_is_fatal(event) != 0
        return isFatal ? .fatal(reason) : .other
    }

    // MARK: - Ending

    /// Gives up all that is queued or on its way; their reports come soon.
    func purge() {
        unsafe _ = rd_kafka_purge(
            client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    /// Waits until all is reported and the loop has taken the reports; false: not in time.
    func flush(_ milliseconds: Int32) -> Bool {
        unsafe rd_kafka_flush(client.handle, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// For tests: as if the broker had found the producer's records out of order.
    func failFatally() {
        unsafe _ = rd_kafka_test_fatal_error(client.handle, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a test")
    }
}
