import MartletIO
import Synchronization

/// Lets go of clients on threads of their own: librdkafka waits for its own threads then, and may wait for ever.
final class Burial: Sendable {
    static let shared = Burial()

    private let condition = Condition()
    private let open = Mutex(0)

    /// Every other reference has to go soon.
    func bury(_ client: KafkaClient) {
        let box = ClientBox(client)
        let started = try? NamedThread(name: "kafka-end") { [self] in
            _ = box.take()
            count(-1)
        }
        // Without a thread the client goes here and now.
        if started != nil { count(1) }
    }

    private func count(_ change: Int) {
        condition.lock()
        open.withLock { $0 += change }
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until all clients are gone; false: some do not go, and are left to themselves.
    func wait(milliseconds: Int64) -> Bool {
        let deadline = Clock.monotonicMilliseconds + milliseconds
        condition.lock()
        defer { condition.unlock() }
        while open.withLock({ $0 > 0 }) {
            let left = deadline - Clock.monotonicMilliseconds
            guard left > 0 else { return false }
            condition.wait(milliseconds: left)
        }
        return true
    }
}

/// Holds a client until somebody takes it.
final class ClientBox: Sendable {
    private let client: Mutex<KafkaClient?>

    init(_ client: KafkaClient) { self.client = Mutex(client) }

    var current: KafkaClient? { client.withLock { $0 } }

    func take() -> KafkaClient? {
        client.withLock { client in
            defer { client = nil }
            return client
        }
    }
}
