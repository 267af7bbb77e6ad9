import MartletRedis
import Synchronization

extension RedisClient {
    /// Waits for the answer without a thread.
    func call(_ command: RedisCommand) async -> Result<RedisReply, RedisError> {
        await withCheckedContinuation { continuation in
            send(command) { continuation.resume(returning: $0) }
        }
    }

    func call(_ words: String..., at key: String) async -> Result<RedisReply, RedisError> {
        var command = RedisCommand(words[0], routing: Array(key.utf8))
        for word in words.dropFirst() { command.append(word) }
        return await call(command)
    }

    func call(_ words: String...) async -> Result<RedisReply, RedisError> {
        await call(RedisCommand(words[0], routing: nil, words.dropFirst().map { Array($0.utf8) }))
    }

    func call(_ script: RedisScript, key: String, _ arguments: String...) async -> Result<RedisReply, RedisError> {
        await call(RedisCommand(script, keys: [Array(key.utf8)], arguments: arguments.map { Array($0.utf8) }))
    }
}

extension RedisReply {
    static func text(_ text: String) -> RedisReply { .bytes(Array(text.utf8)) }
}

/// Collects what closures say, from any thread.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func add(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
    var count: Int { all.count }
}

/// A client that is stopped when the closure ends.
func withClient<Value>(
    _ mode: RedisMode, credentials: RedisCredentials? = nil, limits: RedisLimits = RedisLimits(), ready: Bool = true,
    _ body: (RedisClient) async throws -> Value
) async throws -> Value {
    var configuration = RedisConfiguration(mode: mode, credentials: credentials)
    configuration.limits = limits
    let client = RedisClient(configuration, name: "test")
    try client.start()
    defer { client.stop() }
    if ready { try client.awaitReady(milliseconds: 10_000) }
    return try await body(client)
}

func local(_ port: UInt16) -> RedisEndpoint { RedisEndpoint(host: "127.0.0.1", port: port) }
