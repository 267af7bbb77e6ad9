/// How the chat page is served in `dev`.
public struct PageConfiguration: Sendable {
    /// Files under a folder, shown under a prefix.
    public struct Root: Sendable, Equatable {
        /// `/` or `/js/`
        public let prefix: String
        public let folder: String

        public init(prefix: String, folder: String) {
            self.prefix = prefix
            self.folder = folder
        }
    }

    /// A loopback address.
    public var address = "127.0.0.1"
    /// 0: any free one.
    public var port = 0
    public var roots: [Root]
    public var limits = HTTPLimits()
    /// The gateways that the page may connect to, asked at each request since nodes come and go.
    public var gateways: @Sendable () -> [PageGateway]
    /// Makes a development token; called on the server's thread, and must not block.
    public var makeToken: @Sendable (PageTokenRequest) -> Result<String, AdminError>

    public init(
        roots: [Root], gateways: @escaping @Sendable () -> [PageGateway],
        makeToken: @escaping @Sendable (PageTokenRequest) -> Result<String, AdminError>
    ) {
        self.roots = roots
        self.gateways = gateways
        self.makeToken = makeToken
    }

    /// The page and its client, as they lie in the folder `Clients`.
    public static func roots(clients: String) -> [Root] {
        [Root(prefix: "/", folder: clients + "/page"), Root(prefix: "/js/", folder: clients + "/js")]
    }
}

/// Where one node takes clients.
public struct PageGateway: Sendable, Equatable {
    public let node: String
    /// `ws://127.0.0.1:8001/v1/ws`
    public let url: String

    public init(node: String, url: String) {
        self.node = node
        self.url = url
    }
}

extension PageGateway: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("node", node)
            json.field("url", url)
        }
    }
}
