/// How an admin server stands.
public struct AdminConfiguration: Sendable {
    /// A loopback address unless an operator says otherwise; the API has no TLS of its own.
    public var address = "127.0.0.1"
    /// 0: any free one.
    public var port = 0
    /// What a client shows as `Authorization: Bearer …`.
    public var token: String
    public var limits = HTTPLimits()

    public init(token: String) { self.token = token }
}

extension AdminConfiguration {
    public static let minimumTokenBytes = 16
    /// Where others than this machine can try tokens.
    public static let minimumNetworkTokenBytes = 32
    /// Fewer different bytes than this make no token that is hard to guess, however long it is.
    static let minimumDifferentBytes = 10

    var isLoopback: Bool { address == "localhost" || address.hasPrefix("127.") }

    /// Refuses a token that is too weak for the address.
    func checkToken() throws(HTTPServerError) {
        guard token.utf8.count >= Self.minimumTokenBytes else { throw .weakToken }
        guard !isLoopback else { return }
        let isStrong =
            token.utf8.count >= Self.minimumNetworkTokenBytes && Set(token.utf8).count >= Self.minimumDifferentBytes
        guard isStrong else { throw .weakTokenForNetwork(address: address) }
    }
}
