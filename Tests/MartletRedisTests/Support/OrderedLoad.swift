import MartletRedis
import Synchronization

/// Appends numbers to one list, many under way at a time, and keeps what became of them.
final class OrderedLoad: Sendable {
    private let client: RedisClient
    private let key: String
    private let next = Mutex(0)
    private let answered = Atomic(0)
    private let failed = Collected<RedisError>()

    init(_ client: RedisClient, key: String) {
        self.client = client
        self.key = key
    }

    var pushed: Int { next.withLock { $0 } }
    var isSettled: Bool { answered.load(ordering: .relaxed) == pushed }
    var failures: [RedisError] { failed.all }

    /// Ten at a time, without waiting for their answers for longer than the tenth takes.
    func run(pushes: Int) async {
        for _ in 0..<pushes / 10 {
            for _ in 0..<9 { push { _ in } }
            await withCheckedContinuation { continuation in push { _ in continuation.resume() } }
        }
    }

    func stored() async throws -> [String] {
        let reply = await client.call("LRANGE", key, "0", "-1", at: key)
        guard case .success(.array(let elements)) = reply else { throw TestFailure(reply) }
        return elements.map {
            if case .bytes(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { "\($0)" }
        }
    }

    private func push(_ done: @escaping @Sendable (Result<RedisReply, RedisError>) -> Void) {
        let number = next.withLock { next in
            defer { next += 1 }
            return next
        }
        var command = RedisCommand("RPUSH", key: Array(key.utf8))
        command.append(number)
        client.send(command) { [self] result in
            if case .failure(let error) = result { failed.add(error) }
            answered.wrappingAdd(1, ordering: .relaxed)
            done(result)
        }
    }
}
