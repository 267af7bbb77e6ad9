import MartletCore
import MartletRedis
import ServerHarness
import Synchronization
import Testing

/// Servers that all tests of the stores share; each test has a prefix of its own.
enum StoreServers {
    private static let single = Result { try RedisServer() }
    private static let cluster = Result { try RedisClusterServers() }
    private static let count = Atomic<Int>(0)

    static func mode(_ kind: ServerKind) throws -> RedisMode {
        switch kind {
        case .single: .single(RedisEndpoint(host: "127.0.0.1", port: try single.get().port))
        case .cluster:
            .cluster(seeds: try cluster.get().ports.map { RedisEndpoint(host: "127.0.0.1", port: $0) })
        }
    }

    static func freshPrefix() -> String { "test-\(count.add(1, ordering: .relaxed).newValue)" }
}

enum ServerKind: String, Sendable, CaseIterable { case single, cluster }

/// The stores of one cluster that nobody else uses.
final class StoresFixture: Sendable {
    let client: RedisClient
    let stores: RedisStores
    let prefix: String
    private let clock = Mutex<Int64>(1_800_000_000_000)

    init(
        _ mode: RedisMode, prefix: String = StoreServers.freshPrefix(),
        _ configure: (inout RedisStoresConfiguration) -> Void = { _ in }
    ) throws {
        self.prefix = prefix
        client = RedisClient(RedisConfiguration(mode: mode), name: "stores-test")
        try client.start()
        try client.awaitReady(milliseconds: 10_000)
        var configuration = RedisStoresConfiguration(prefix: prefix, slotCount: 8)
        configure(&configuration)
        stores = try RedisStores(client, configuration)
        advance(milliseconds: 0)
    }

    func advance(milliseconds: Int64) {
        stores.setClock(
            milliseconds: clock.withLock { clock in
                clock += milliseconds
                return clock
            })
    }

    convenience init(_ configure: (inout RedisStoresConfiguration) -> Void = { _ in }) throws {
        try self.init(try StoreServers.mode(.single), configure)
    }

    deinit {
        client.stop()
        stores.close()
    }

    func key(_ slot: Slot, _ rest: String = "") -> [UInt8] { Array("\(prefix):{s\(slot)}\(rest)".utf8) }
    func clusterKey(_ rest: String = "") -> [UInt8] { Array("\(prefix):{cluster}\(rest)".utf8) }

    @discardableResult
    func send(_ name: String, _ key: [UInt8], _ arguments: String...) async throws -> RedisReply {
        try await withCheckedContinuation { wait in
            client.send(RedisCommand(name, key: key, arguments.map { Array($0.utf8) })) { wait.resume(returning: $0) }
        }.get()
    }

    private static let removal = RedisScript(
        "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end return 1")

    /// Removes all keys with the hash tag of `key`.
    func removeAll(_ key: [UInt8]) async throws {
        _ = try await withCheckedContinuation { wait in
            client.run(StoresFixture.removal, keys: [key], arguments: [key + [UInt8(ascii: "*")]]) {
                wait.resume(returning: $0)
            }
        }.get()
    }
}
