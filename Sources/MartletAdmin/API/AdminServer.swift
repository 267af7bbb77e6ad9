/// The admin API: health, metrics, presence, the cluster and its nodes, on a port of its own.
public final class AdminServer: Sendable {
    public static let minimumTokenBytes = 16

    /// The port it listens on.
    public let port: Int
    public let address: String
    private let server: HTTPServer

    /// Starts at once.
    public init(_ configuration: AdminConfiguration, backend: any AdminBackend) throws(HTTPServerError) {
        guard configuration.token.utf8.count >= AdminServer.minimumTokenBytes else { throw .weakToken }
        let api = AdminAPI(
            token: BearerToken(configuration.token), isDevelopment: configuration.isDevelopment, backend: backend)
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
