import MartletCore
import Synchronization

/// What all stores of one cluster share: the client, the names of keys, and a clock that a test may set forward.
final class StoreClient: Sendable {
    let client: RedisClient
    let configuration: RedisStoresConfiguration
    private let clock = Atomic<Int64>(0)

    init(_ client: RedisClient, _ configuration: RedisStoresConfiguration) {
        self.client = client
        self.configuration = configuration
    }

    /// By how much scripts take the time to be ahead of the server's; 0 but in tests.
    var clockMilliseconds: Int64 { clock.load(ordering: .acquiring) }

    func advanceClock(milliseconds: Int64) { clock.wrappingAdd(milliseconds, ordering: .acquiringAndReleasing) }

    /// All keys of a slot begin with this one, and have its hash tag.
    func key(of slot: Slot) -> [UInt8] { Array("\(configuration.prefix):{s\(slot)}".utf8) }

    func run<Value: Sendable>(
        _ script: RedisScript, key: [UInt8], _ arguments: [[UInt8]],
        _ decode: @escaping @Sendable (RedisReply) throws(StoreError) -> Value,
        done: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        client.run(script, keys: [key], arguments: arguments) { result in
            done(StoreClient.decoded(result, decode))
        }
    }

    static func decoded<Value>(
        _ result: Result<RedisReply, RedisError>, _ decode: (RedisReply) throws(StoreError) -> Value
    ) -> Result<Value, StoreError> {
        switch result {
        case .failure(let error): return .failure(StoreError(error))
        case .success(let reply):
            do throws(StoreError) { return .success(try decode(reply)) } catch { return .failure(error) }
        }
    }

    static func text(_ number: Int64) -> [UInt8] { Array(String(number).utf8) }
}
