/// How a client finds its servers.
public enum RedisMode: Sendable, Hashable {
    case single(RedisEndpoint)
    /// Any nodes of a Redis Cluster; the others are learnt from them.
    case cluster(seeds: [RedisEndpoint])
    /// `credentials` are the sentinels' own, which are not the servers'.
    case sentinel([RedisEndpoint], master: String, credentials: RedisCredentials?)
}

/// A password, or an ACL user with its password (Redis 6).
public struct RedisCredentials: Sendable, Hashable {
    public var user: String?
    public var password: String

    public init(user: String? = nil, password: String) {
        self.user = user
        self.password = password
    }
}

public struct RedisConfiguration: Sendable, Hashable {
    public var mode: RedisMode
    public var credentials: RedisCredentials?
    public var limits = RedisLimits()

    public init(mode: RedisMode, credentials: RedisCredentials? = nil) {
        self.mode = mode
        self.credentials = credentials
    }
}
