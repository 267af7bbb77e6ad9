import MartletIO

/// Every bound of a client. Milliseconds, counts, bytes.
public struct RedisLimits: Sendable, Hashable {
    /// From handing a command over to its answer; a command may say otherwise.
    public var commandTimeoutMilliseconds: Int64 = 2_000
    /// For the TCP connection; the greeting behind it may take a command's time.
    public var connectTimeoutMilliseconds: Int64 = 1_000
    /// Before a connection is made again: doubled from the first to the last, each drawn from its upper half.
    public var reconnectMilliseconds: ClosedRange<Int64> = 50...1_000
    /// Commands that wait for or are under way on one connection; beyond it they are `unavailable` at once.
    public var maxCommandsPerConnection = 65_536
    /// Bytes of those commands.
    public var maxBytesPerConnection = 32 * 1024 * 1024
    /// What one reply may hold in all; a connection that claims more is dropped.
    public var maxReplyBytes = 64 * 1024 * 1024
    /// Elements of all arrays of one reply together.
    public var maxReplyElements = 1 << 20
    /// A status, an error or a number.
    public var maxReplyLineBytes = 64 * 1024
    /// Arrays within arrays; hiredis knows no more.
    static let maxReplyDepth = 8
    /// How often one command is sent again because a server said so (moved, script unknown, …).
    public var maxResends = 64
    /// Nodes of a Redis Cluster.
    public var maxNodes = 1_000
    /// After a passing refusal (TRYAGAIN, CLUSTERDOWN) a hash slot waits so long.
    public var retryMilliseconds: Int64 = 50
    /// How often the map of a Redis Cluster is asked for when nothing calls for it.
    public var mapRefreshMilliseconds: Int64 = 30_000
    /// A subscription that is silent so long is asked whether it lives.
    public var pingMilliseconds: Int64 = 5_000

    public init() {}
}

extension RedisLimits {
    var loop: LoopConfiguration {
        var loop = LoopConfiguration()
        loop.tickMilliseconds = 25
        loop.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        // What a link holds is bounded by the link; this only keeps the loop from being stricter.
        loop.maxOutputBytes = 2 * maxBytesPerConnection + 1024 * 1024
        loop.stopMilliseconds = 500
        return loop
    }
}
