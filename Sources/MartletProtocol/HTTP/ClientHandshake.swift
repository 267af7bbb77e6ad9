public import MartletCore

/// The client's side of the WebSocket handshake (RFC 6455, section 4.1), for SDKs and the load generator.
public struct ClientHandshake: Equatable, Sendable {
    public enum Reading: Equatable, Sendable {
        case incomplete
        /// Frames begin behind `consumed` bytes.
        case accepted(consumed: Int)
        case refused(status: Int, reason: String)
    }

    private let key: String
    private let encoding: FrameEncoding

    /// `nonce`: 16 random bytes.
    public init(nonce: [UInt8], encoding: FrameEncoding) {
        var text: [UInt8] = []
        Base64.append(nonce.span, to: &text)
        key = String(decoding: text, as: UTF8.self)
        self.encoding = encoding
    }

    /// Writes the request. `host` is host and port; `token`, if any, goes into `Authorization`.
    public func appendRequest(host: String, path: String, token: String? = nil, into out: inout [UInt8]) {
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let head = """
            GET \(path) HTTP/1.1\r
            Host: \(host)\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Key: \(key)\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Protocol: \(encoding.subprotocol)\r
            \(authorization)\r

            """
        out.append(contentsOf: head.utf8)
    }

    /// Reads the answer from the beginning of `bytes`.
    public func readResponse(_ bytes: RawSpan, limits: Limits) -> Reading {
        switch HTTPHead.read(Span(_bytes: bytes), maxBytes: limits.maxRequestHeadBytes) {
        case .incomplete: return .incomplete
        case .refused(_, let reason): return .refused(status: 0, reason: "\(reason)")
        case .head(let head, let consumed):
            do throws(HTTPHead.Refusal) {
                try check(head)
                return .accepted(consumed: consumed)
            } catch {
                return .refused(status: error.status, reason: "\(error.reason)")
            }
        }
    }

    private func check(_ head: HTTPHead) throws(HTTPHead.Refusal) {
        let status = try ClientHandshake.status(head.startLine)
        guard status == 101 else { throw HTTPHead.Refusal(status: status, reason: "not upgraded") }
        let upgrade = try head.single("upgrade")
        guard upgrade?.lowercased() == "websocket",
            head.list("connection").contains(where: { $0.lowercased() == "upgrade" })
        else { throw HTTPHead.Refusal(status: status, reason: "not an upgrade to WebSocket") }
        guard try head.single("sec-websocket-accept") == WebSocketAccept.value(forKey: key) else {
            throw HTTPHead.Refusal(status: status, reason: "bad Sec-WebSocket-Accept")
        }
        guard try head.single("sec-websocket-protocol") == encoding.subprotocol else {
            throw HTTPHead.Refusal(status: status, reason: "other sub-protocol")
        }
        guard !head.has("sec-websocket-extensions") else {
            throw HTTPHead.Refusal(status: status, reason: "extension not asked for")
        }
    }

    /// `HTTP/1.1 101 Switching Protocols`; the phrase may be anything.
    private static func status(_ line: [UInt8]) throws(HTTPHead.Refusal) -> Int {
        let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].elementsEqual("HTTP/1.1".utf8), parts[1].count == 3,
            let status = Int(String(decoding: parts[1], as: UTF8.self)), status >= 100
        else { throw HTTPHead.Refusal(status: 0, reason: "bad status line") }
        return status
    }
}
