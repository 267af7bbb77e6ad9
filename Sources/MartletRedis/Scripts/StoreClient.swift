import MartletCore
import MartletIO
import Synchronization

/// What all stores of one cluster share: the client, the names of keys, a clock that a test may set, and a
/// thread for answers that would otherwise come before the call returns.
final class StoreClient: Sendable {
    let client: RedisClient
    let configuration: RedisStoresConfiguration
    private let clock = Atomic<Int64>(0)
    private let worker: SerialWorker

    init(_ client: RedisClient, _ configuration: RedisStoresConfiguration) throws(SocketError) {
        self.client = client
        self.configuration = configuration
        worker = try SerialWorker(name: "redis-answers")
    }

    func close() { worker.stop() }

    /// What scripts take for the time, milliseconds since 1970; 0, as always but in tests: the server's.
    var clockMilliseconds: Int64 {
        get { clock.load(ordering: .acquiring) }
        set { clock.store(newValue, ordering: .releasing) }
    }

    /// All keys of a slot begin with this one, and have its hash tag.
    func key(of slot: Slot) -> [UInt8] { Array("\(configuration.prefix):{s\(slot)}".utf8) }

    /// Runs `job` on the store's own thread; where that is gone or drowned in work, here.
    func later(_ job: @escaping @Sendable () -> Void) {
        if worker.submit(job) != .posted { job() }
    }

    func run<Value: Sendable>(
        _ script: RedisScript, key: [UInt8], _ arguments: [[UInt8]],
        _ decode: @escaping @Sendable (RedisReply) throws(StoreError) -> Value,
        done: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        let call = PendingCall(self)
        client.run(script, keys: [key], arguments: arguments) { result in
            call.answer { done(StoreClient.decoded(result, decode)) }
        }
        call.returned()
    }

    func send(contentsOf requests: [(RedisCommand, RedisClient.Completion)]) {
        let call = PendingCall(self)
        client.send(
            contentsOf: requests.map { command, done in
                RedisRequest(command) { result in call.answer { done(result) } }
            })
        call.returned()
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

/// A call of a port that has or has not returned: an answer before that goes over another thread.
private final class PendingCall: Sendable {
    private let hasReturned = Atomic(false)
    private let store: StoreClient

    init(_ store: StoreClient) { self.store = store }

    func returned() { hasReturned.store(true, ordering: .releasing) }

    func answer(_ job: @escaping @Sendable () -> Void) {
        if hasReturned.load(ordering: .acquiring) { job() } else { store.later(job) }
    }
}
