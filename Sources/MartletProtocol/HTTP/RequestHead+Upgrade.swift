/// What became of a request to upgrade.
public enum UpgradeDecision: Equatable, Sendable {
    /// `encoding`: the first sub-protocol of the client that is known here; nil: it named none that is.
    case accept(key: String, encoding: FrameEncoding?)
    /// Answer this and close; 426 with `Sec-WebSocket-Version: 13`, as `HTTPResponse` does.
    case refuse(status: Int, reason: String)
}

extension RequestHead {
    /// Holds the handshake against RFC 6455, section 4.2.1.
    public func upgradeDecision() -> UpgradeDecision {
        guard upgrade?.lowercased() == "websocket", connection.contains("upgrade") else {
            return .refuse(status: 426, reason: "not an upgrade to WebSocket")
        }
        guard webSocketVersion == "13" else { return .refuse(status: 426, reason: "WebSocket version") }
        guard let key = webSocketKey, WebSocketAccept.isKey(key) else {
            return .refuse(status: 400, reason: "bad Sec-WebSocket-Key")
        }
        return .accept(key: key, encoding: webSocketProtocols.lazy.compactMap(FrameEncoding.init).first)
    }
}
