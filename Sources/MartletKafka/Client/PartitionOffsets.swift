internal import CRdKafka
import MartletCore

/// A list of partitions of one topic with an offset each, as librdkafka takes and answers it.
@safe final class PartitionOffsets {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ topic: String, _ offsets: [(slot: Slot, offset: Offset)]) {
        unsafe pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))!
        for (slot, offset) in offsets {
            let row = unsafe rd_kafka_topic_partition_list_add(pointer, topic, Int32(slot.index))
            unsafe row!.pointee.offset = offset
        }
    }

    deinit { unsafe rd_kafka_topic_partition_list_destroy(pointer) }

    /// By partition; those with an error have none. Whether the list was sorted on its way does not matter.
    var answers: [Slot: Offset] {
        var answers: [Slot: Offset] = [:]
        for index in unsafe 0..<Int(pointer.pointee.cnt) {
            let row = unsafe pointer.pointee.elems[index]
            if unsafe row.err == RD_KAFKA_RESP_ERR_NO_ERROR { unsafe answers[Slot(Int(row.partition))] = row.offset }
        }
        return answers
    }
}

extension KafkaClient {
    /// For each slot the offset of its first record at or behind a time; blocks. `earliest` and `latest` are times too:
    /// the protocol's special ones for a log's bounds.
    func offsets(
        of slots: [Slot], at time: Int64, _ timeoutMilliseconds: Int32
    ) throws(KafkaError) -> [Slot: Offset] {
        let list = PartitionOffsets(topicName, slots.map { ($0, time) })
        let code = unsafe rd_kafka_offsets_for_times(handle, list.pointer, timeoutMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .unavailable(CText.describe(code)) }
        return list.answers
    }

    static let earliest: Int64 = -2
    static let latest: Int64 = -1
}
