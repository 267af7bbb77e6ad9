/// The admin API: health, metrics, presence, the cluster and its nodes, on a port of its own.
public final class AdminServer: Sendable {
    /// The port it listens on.
    public let port: Int
    public let address: String
    private let server: HTTPServer

    /// Starts at once. `development`: what answers the routes by which nodes are added, killed and paused; without it
    /// they do not exist.
    public init(
        _ configuration: AdminConfiguration, backend: any AdminBackend, development: (any DevelopmentBackend)? = nil
    ) throws(HTTPServerError) {
        try configuration.checkToken()
        let api = AdminAPI(token: BearerToken(configuration.token), backend: backend, development: development)
        (server, port) = try HTTPServer.start(
            address: configuration.address, port: configuration.port, limits: configuration.limits
        ) { api.handle($0, $1) }
        address = configuration.address
    }

    /// `http://127.0.0.1:9001`
    public var url: String { "http://\(address):\(port)" }

    /// Answers what still waits with 503, closes all connections, and returns when its thread has ended.
    public func stop() { server.stop() }
}
