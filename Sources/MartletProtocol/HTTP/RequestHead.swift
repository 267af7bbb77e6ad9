public import MartletCore

/// The head of a request to a gateway's port: one GET without a body.
public struct RequestHead: Equatable, Sendable {
    public struct QueryItem: Equatable, Sendable {
        public var name: String
        public var value: String
    }

    /// Begins with `/`; as it was sent, nothing decoded.
    public var path: String
    /// Percent-decoded; no name stands twice.
    public var query: [QueryItem]
    public var isHTTP11: Bool
    public var host: String?
    public var upgrade: String?
    /// In lower case.
    public var connection: [String]
    public var webSocketKey: String?
    public var webSocketVersion: String?
    /// Sub-protocols in the client's order.
    public var webSocketProtocols: [String]
    public var origin: String?
    public var authorization: String?

    public enum Reading: Equatable, Sendable {
        /// No end yet: come again with more bytes.
        case incomplete
        /// `consumed`: bytes of the head; what is behind belongs to the connection's next protocol.
        case head(RequestHead, consumed: Int)
        /// Answer this and close. The reason is short and made of our own words.
        case refused(status: Int, reason: String)
    }

    /// Reads a request head from the beginning of `bytes`. Refuses whatever two readers could read differently.
    public static func read(_ bytes: RawSpan, limits: Limits) -> Reading {
        switch HTTPHead.read(Span(_bytes: bytes), maxBytes: limits.maxRequestHeadBytes) {
        case .incomplete: return .incomplete
        case .refused(let status, let reason): return .refused(status: status, reason: "\(reason)")
        case .head(let head, let consumed):
            do throws(HTTPHead.Refusal) {
                return .head(try RequestHead(head), consumed: consumed)
            } catch {
                return .refused(status: error.status, reason: "\(error.reason)")
            }
        }
    }

    public func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

extension RequestHead {
    init(_ head: HTTPHead) throws(HTTPHead.Refusal) {
        let line = try RequestLine(head.startLine)
        path = line.path
        query = try RequestLine.items(line.query)
        isHTTP11 = line.isHTTP11
        host = try head.single("host")
        upgrade = try head.single("upgrade")
        connection = head.list("connection").map { $0.lowercased() }
        webSocketKey = try head.single("sec-websocket-key")
        webSocketVersion = try head.single("sec-websocket-version")
        webSocketProtocols = head.list("sec-websocket-protocol")
        origin = try head.single("origin")
        authorization = try head.single("authorization")
        try check(head)
    }

    private func check(_ head: HTTPHead) throws(HTTPHead.Refusal) {
        guard !head.has("content-length"), !head.has("transfer-encoding") else {
            throw HTTPHead.Refusal(status: 400, reason: "request with a body")
        }
        guard host != nil || !isHTTP11 else { throw HTTPHead.Refusal(status: 400, reason: "missing Host") }
        guard upgrade == nil || isHTTP11 else {
            throw HTTPHead.Refusal(status: 400, reason: "upgrade needs HTTP/1.1")
        }
    }
}
