/// What one HTTP server takes at most. The admin API and the chat page serve few and trusted clients: small numbers.
public struct HTTPLimits: Sendable, Equatable {
    public var connections = 64
    /// A connection on which nothing moves for so long is closed.
    public var idleSeconds = 15
    /// A request must be whole, and its answer ready, after so long each.
    public var requestMilliseconds = 10_000
    public var answerMilliseconds = 5_000
    public var maxTargetBytes = 4 * 1024
    public var maxBodyBytes = 64 * 1024
    /// For a request's head and its answer's; a head that does not fit gets libmicrohttpd's own 431 or 414.
    public var connectionMemoryBytes = 32 * 1024
    /// How long `stop` waits for answers to go out.
    public var stopMilliseconds = 1_000

    public init() {}
}
