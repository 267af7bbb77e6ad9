import MartletAdmin

/// The admin API of a gateway's or a coordinator's process.
final class ClusterAdmin: Sendable {
    private let server: AdminServer

    /// Opens the port at once; 0 takes a free one. Throws `CommandFailure` where it is taken, or where the token is too
    /// weak for the address.
    init(_ sources: AdminSources, address: String = "127.0.0.1", port: Int, token: AdminToken) throws(CommandFailure) {
        var configuration = AdminConfiguration(token: token.text)
        configuration.address = address
        configuration.port = port
        sources.registerMetrics()
        do {
            server = try AdminServer(configuration, backend: ClusterBackend(sources))
        } catch {
            throw CommandFailure("the admin API cannot open its port: \(error.reason)")
        }
    }

    /// `http://127.0.0.1:9600`
    var url: String { server.url }

    /// Answers what still waits, and returns when its thread has ended.
    func stop() { server.stop() }
}
