/// How an admin server stands.
public struct AdminConfiguration: Sendable {
    /// A loopback address unless an operator says otherwise; the API has no TLS of its own.
    public var address = "127.0.0.1"
    /// 0: any free one.
    public var port = 0
    /// What a client shows as `Authorization: Bearer …`.
    public var token: String
    /// Whether nodes can be added, killed and paused: `dev` only. Else these routes do not exist.
    public var isDevelopment = false
    public var limits = HTTPLimits()

    public init(token: String) { self.token = token }
}
