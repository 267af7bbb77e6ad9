internal import CRdKafka
import MartletCore
import MartletIO

/// Removes what is older than the retention and needed by nobody, on the log's admin thread.
final class Trimmer: Sendable {
    private let control: ClientBox
    private let configuration: KafkaConfiguration
    private let worker: SerialWorker
    /// Kafka does not let us: what the topic's own retention removes has to do.
    private let isForbidden = SharedFlag()

    init(_ control: ClientBox, _ configuration: KafkaConfiguration, _ worker: SerialWorker) {
        self.control = control
        self.configuration = configuration
        self.worker = worker
    }

    func trim(
        _ slots: [(slot: Slot, before: Offset)], retentionMilliseconds: Int64, done: @escaping @Sendable () -> Void
    ) {
        guard !slots.isEmpty, !isForbidden.isSet else { return done() }
        let outcome = worker.submit { [self] in
            remove(slots, retentionMilliseconds)
            done()
        }
        if outcome != .posted { done() }
    }

    private func remove(_ slots: [(slot: Slot, before: Offset)], _ retentionMilliseconds: Int64) {
        guard let client = control.current else { return }
        do throws(KafkaError) {
            let young = try firstYoung(slots.map(\.slot), retentionMilliseconds, client)
            let starts = try client.offsets(
                of: slots.map(\.slot), at: KafkaClient.earliest, configuration.requestTimeoutMilliseconds)
            let removed = slots.compactMap { slot, before -> (slot: Slot, offset: Offset)? in
                guard let start = starts[slot], let limit = young?[slot] ?? (young == nil ? before : nil) else {
                    return nil
                }
                // -1: all of the log is old.
                let end = limit < 0 ? before : min(before, limit)
                return end > start ? (slot, end) : nil
            }
            if !removed.isEmpty { try AdminClient(client, configuration).deleteRecords(removed) }
        } catch .refused(let reason) {
            isForbidden.set()
            LogLines.logger.warning("the log is trimmed by the topic's retention alone", [.reason: .string(reason)])
        } catch {
            LogLines.logger.warning("the log is not trimmed now", [.reason: .string(error.description)])
        }
    }

    /// The first record of each slot that is not too old yet; nil: no record is young enough to be kept.
    private func firstYoung(
        _ slots: [Slot], _ retentionMilliseconds: Int64, _ client: KafkaClient
    ) throws(KafkaError) -> [Slot: Offset]? {
        guard retentionMilliseconds > 0 else { return nil }
        let time = Clock.wallMilliseconds - retentionMilliseconds
        return try client.offsets(of: slots, at: max(0, time), configuration.requestTimeoutMilliseconds)
    }
}

extension AdminClient {
    /// Removes what is before each offset. A partition that failed fails the others only in the report.
    func deleteRecords(_ offsets: [(slot: Slot, offset: Offset)]) throws(KafkaError) {
        let list = PartitionOffsets(client.topicName, offsets)
        let request = unsafe rd_kafka_DeleteRecords_new(list.pointer)
        defer { unsafe rd_kafka_DeleteRecords_destroy(request) }
        let event = try unsafe self.request(RD_KAFKA_ADMIN_OP_DELETERECORDS) { options, queue in
            var requests: [OpaquePointer?] = unsafe [request]
            unsafe rd_kafka_DeleteRecords(client.handle, &requests, 1, options, queue)
        }
        let result = unsafe rd_kafka_event_DeleteRecords_result(event.pointer)
        guard let rows = unsafe rd_kafka_DeleteRecords_result_offsets(result) else { return }
        for index in unsafe 0..<Int(rows.pointee.cnt) {
            switch unsafe rows.pointee.elems[index].err {
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
                RD_KAFKA_RESP_ERR_INVALID_REQUEST, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
                throw .refused(unsafe CText.describe(rows.pointee.elems[index].err))
            default: continue
            }
        }
    }
}
