import MartletIO
import Synchronization

/// The way to the log's loop, for as long as there is one.
final class KafkaSender: Sendable {
    private let loop = Mutex<EventLoop<KafkaHandler>?>(nil)
    /// For answers that nobody else gives any more; never before the call that they answer has returned.
    private static let late = try? SerialWorker(name: "kafka-late")

    func attach(_ loop: EventLoop<KafkaHandler>) { self.loop.withLock { $0 = loop } }
    func detach() { loop.withLock { $0 = nil } }

    static func later(_ job: @escaping @Sendable () -> Void) { late?.submit(job) }

    /// `otherwise` runs, on another thread, if the loop does not take the message.
    func post(_ message: KafkaMessage, otherwise: @escaping @Sendable () -> Void) {
        let outcome = loop.withLock { $0 }?.post(message)
        if outcome != .posted { KafkaSender.later(otherwise) }
    }
}
