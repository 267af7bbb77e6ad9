/// Why an HTTP server did not start.
public enum HTTPServerError: Error, Equatable, Sendable {
    case notAnAddress(String)
    case notLoopback(String)
    case portTaken(address: String, port: Int)
    /// `errno` as the system gave it.
    case system(Int32)
    /// Shorter than any may be; or good for loopback only, at an address that others reach.
    case weakToken
    case weakTokenForNetwork(address: String)
    /// The folder with the page's files is missing or empty.
    case noPage(String)

    public var reason: String {
        switch self {
        case .notAnAddress(let address): "`\(address)` is not an IPv4 address"
        case .notLoopback(let address): "`\(address)` is not a loopback address"
        case .portTaken(let address, let port): "port \(port) of \(address) is taken"
        case .system(let code): "the system refused a listening socket (errno \(code))"
        case .weakToken: "the admin token is shorter than \(AdminConfiguration.minimumTokenBytes) bytes"
        case .weakTokenForNetwork(let address):
            """
            the admin API would be reached by others at `\(address)`: that takes a token of at least \
            \(AdminConfiguration.minimumNetworkTokenBytes) bytes that is not guessed
            """
        case .noPage(let folder): "there is no index.html in `\(folder)`"
        }
    }
}
