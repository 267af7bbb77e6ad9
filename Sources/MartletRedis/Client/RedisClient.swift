public import MartletIO
import Synchronization

/// A client of Redis, Redis Cluster or a master that sentinels watch. One thread, one connection a server.
///
/// Commands are handed over from any thread. Those of one hash slot are carried out in the order in which they were
/// handed over, across redirections too; those of one turn of the loop go out in one write. A command is sent again only
/// if the server said that it did not carry it out; after a lost connection its outcome is `unknown`.
public final class RedisClient: Sendable {
    /// Called once a command: on the client's thread, and there it must not block. A command that the client does not
    /// take at all (it is stopped, or a million wait) is answered on the caller's thread before the call returns.
    public typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void

    public let configuration: RedisConfiguration
    public let name: String

    /// `name` is what CLIENT LIST shows: no spaces.
    public init(_ configuration: RedisConfiguration, name: String) {
        self.configuration = configuration
        self.name = name
    }

    /// Starts the thread and begins to connect. Once.
    public func start() throws(SocketError) {}

    /// Waits until all servers that take writes are connected, or one of them is refused.
    public func awaitReady(milliseconds: Int64) throws(RedisError) {}

    /// Commands that wait get `closed`, those under way `unknown`, before it returns. Not from a completion.
    public func stop() {}

    public func send(_ command: RedisCommand, done: @escaping Completion) {}

    /// In their order, with one lock and one wake-up for all.
    public func send(contentsOf requests: [RedisRequest]) {}

    /// All keys must share one hash tag. The first one decides where the script runs.
    public func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], done: @escaping Completion
    ) {
        send(RedisCommand(script, keys: keys, arguments: arguments), done: done)
    }

    /// `heard` is called on the client's thread. For the client's life.
    public func subscribe(_ channel: [UInt8], _ heard: @escaping @Sendable (RedisNotice) -> Void) {}

    /// Called on the client's thread whenever a connection for commands was made, also for the first time: what the
    /// server holds may have changed since the last one.
    public func onConnected(_ connected: @escaping @Sendable (RedisEndpoint) -> Void) {}
}
