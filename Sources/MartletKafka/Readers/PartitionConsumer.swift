internal import CRdKafka
import MartletCore

/// A client that fetches single partitions, each started and stopped by itself, into one queue. Confined to its loop.
///
/// A client can fetch a partition at one position only: two readers of a slot take two consumers.
@safe final class PartitionConsumer {
    private static let batchMessages = 512

    let queue: WokenQueue
    private let batch: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>

    init(_ client: KafkaClient) throws(KafkaError) {
        queue = try unsafe WokenQueue(rd_kafka_queue_new(client.handle), of: client)
        unsafe batch = .allocate(capacity: PartitionConsumer.batchMessages)
    }

    deinit { unsafe batch.deallocate() }

    var client: KafkaClient { queue.client }

    /// False: librdkafka refuses, as for a partition that the topic does not have.
    func start(_ slot: Slot, at offset: Offset) -> Bool {
        unsafe rd_kafka_consume_start_queue(client.topic, Int32(slot.index), offset, queue.pointer) == 0
    }

    /// Waits for the client's own thread, some microseconds; what is in the queue of that partition is dropped later.
    func stop(_ slot: Slot) { unsafe _ = rd_kafka_consume_stop(client.topic, Int32(slot.index)) }

    /// Takes what the queue has, up to a batch, in order; false: it is empty.
    func take(_ body: (Slot, FetchedMessage) -> Void) -> Bool {
        let count = unsafe rd_kafka_consume_batch_queue(queue.pointer, 0, batch, PartitionConsumer.batchMessages)
        for index in 0..<max(0, count) {
            guard let message = unsafe batch[index] else { continue }
            if unsafe message.pointee.partition >= 0 {
                unsafe body(Slot(Int(message.pointee.partition)), fetched(message))
            }
            unsafe rd_kafka_message_destroy(message)
        }
        return count > 0
    }

    private func fetched(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> FetchedMessage {
        switch unsafe message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            let bytes = unsafe UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
            return unsafe .record(LoggedRecord(offset: message.pointee.offset, bytes: [UInt8](bytes)))
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: return .outOfRange
        default: return unsafe .failed(CText.describe(message.pointee.err))
        }
    }

    /// The offset behind the log's last record, as the last fetch said.
    func end(of slot: Slot) -> Offset {
        var low: Int64 = 0, high: Int64 = 0
        let code = unsafe rd_kafka_get_watermark_offsets(
            client.handle, client.topicName, Int32(slot.index), &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? high : 0
    }
}
