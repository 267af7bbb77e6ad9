public import MartletIO
import Synchronization

/// A client of Redis, Redis Cluster or a master that sentinels watch. One thread, one connection a server.
///
/// Commands are handed over from any thread. Those of one hash slot are carried out in the order in which they were
/// handed over, across redirections too; those of one turn of the loop go out in one write. A command is sent again only
/// if the server said that it did not carry it out; after a lost connection its outcome is `unknown`.
///
/// What the order does not cover: a script that its server has forgotten (NOSCRIPT), and a command whose keys are spread
/// over two servers while their slot moves (TRYAGAIN), can be overtaken by commands of other kinds, or for fewer keys,
/// that were under way behind it. Whoever needs the order there too sends the second after the first is answered.
public final class RedisClient: Sendable {
    /// Called once a command: on the client's thread, and there it must not block. A command that the client does not
    /// take at all (it is stopped, or a million wait) is answered on the caller's thread before the call returns.
    public typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void

    public let configuration: RedisConfiguration
    public let name: String
    private let loop: EventLoop<RedisLoop>
    private let readiness = Readiness()
    /// Whether messages are taken. Held while one is posted, so that none comes behind the stop.
    private let isOpen = Mutex(true)

    /// `name` is what CLIENT LIST shows: no spaces.
    public init(_ configuration: RedisConfiguration, name: String, metrics: MetricsRegistry = MetricsRegistry()) {
        self.configuration = configuration
        self.name = name
        let counters = RedisCounters(metrics)
        loop = EventLoop(name: name, configuration: configuration.limits.loop) { [readiness] in
            RedisLoop(configuration: configuration, name: name, counters: counters, readiness: readiness)
        }
    }

    /// Starts the thread and begins to connect. Once.
    public func start() throws(SocketError) { try loop.start() }

    /// Waits until all servers that take writes are connected, or one of them is refused. Not on the client's thread.
    public func awaitReady(milliseconds: Int64) throws(RedisError) {
        switch readiness.wait(milliseconds: milliseconds) {
        case .ready: return
        case .refused(let refusal): throw .unavailable(.refused(refusal))
        case .connecting: throw .unavailable(.notConnected)
        case .stopped: throw .closed
        }
    }

    /// All servers that take writes are connected. On any thread.
    public var isReady: Bool { readiness.isReady }

    /// Commands that wait get `closed`, those under way `unknown`, before it returns. Not on the client's thread.
    public func stop() {
        isOpen.withLock { $0 = false }
        loop.stop()
        readiness.set(.stopped)
    }

    public func send(_ command: RedisCommand, done: @escaping Completion) {
        post(.one(RedisRequest(command, done: done))) { done(.failure($0)) }
    }

    /// In their order, with one lock and one wake-up for all.
    public func send(contentsOf requests: [RedisRequest]) {
        post(.many(requests)) { error in
            for request in requests { request.done(.failure(error)) }
        }
    }

    /// All keys must share one hash tag. The first one decides where the script runs.
    public func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], done: @escaping Completion
    ) {
        send(RedisCommand(script, keys: keys, arguments: arguments), done: done)
    }

    /// `heard` is called on the client's thread. For the client's life.
    public func subscribe(_ channel: [UInt8], _ heard: @escaping @Sendable (RedisNotice) -> Void) {
        post(.subscribe(channel, heard)) { _ in }
    }

    /// Called on the client's thread whenever a connection for commands was made, also for the first time if asked for
    /// before `start`: what the server holds may have changed since the last one.
    public func onConnected(_ connected: @escaping @Sendable (RedisEndpoint) -> Void) {
        post(.observe(connected)) { _ in }
    }

    private func post(_ message: RedisLoopMessage, refused: (RedisError) -> Void) {
        let outcome = isOpen.withLock { $0 ? loop.post(message) : .ended }
        switch outcome {
        case .posted: return
        case .full: refused(.unavailable(.overloaded))
        case .ended: refused(.closed)
        }
    }
}
