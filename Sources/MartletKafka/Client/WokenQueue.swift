internal import CRdKafka
import MartletIO

/// A queue of librdkafka that makes a descriptor readable when something comes into it while it is empty.
///
/// Confined to the loop that watches it. Whoever is woken clears the descriptor first and then takes until nothing is
/// left: what comes later wakes again.
@safe final class WokenQueue {
    let pointer: OpaquePointer
    /// Outlives its queue.
    let client: KafkaClient
    let wake: WakeDescriptor

    /// Takes `pointer` over.
    init(_ pointer: OpaquePointer, of client: KafkaClient) throws(KafkaError) {
        do throws(SocketError) {
            wake = try WakeDescriptor()
        } catch {
            unsafe rd_kafka_queue_destroy(pointer)
            throw .refused("\(error)")
        }
        unsafe self.pointer = pointer
        self.client = client
        var one: UInt64 = 1
        unsafe rd_kafka_queue_io_event_enable(pointer, wake.descriptor, &one, 8)
    }

    deinit {
        unsafe rd_kafka_queue_io_event_enable(pointer, -1, nil, 0)
        unsafe rd_kafka_queue_destroy(pointer)
    }
}
