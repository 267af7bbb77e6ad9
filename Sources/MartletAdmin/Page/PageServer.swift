/// Serves the chat page and development tokens, in `dev`, on a loopback port of its own.
public final class PageServer: Sendable {
    public let port: Int
    public let address: String
    private let server: HTTPServer

    /// Starts at once; the list of files is read now.
    public init(_ configuration: PageConfiguration) throws(HTTPServerError) {
        guard configuration.address.hasPrefix("127.") else { throw .notLoopback(configuration.address) }
        let site = PageSite(configuration, files: try StaticFiles(roots: configuration.roots))
        (server, port) = try HTTPServer.start(
            address: configuration.address, port: configuration.port, limits: configuration.limits
        ) { request, reply in reply(site.answer(request)) }
        address = configuration.address
    }

    /// `http://127.0.0.1:8000`, which is also the origin that gateways must allow.
    public var url: String { "http://\(address):\(port)" }

    /// Closes all connections, and returns when its thread has ended.
    public func stop() { server.stop() }
}
