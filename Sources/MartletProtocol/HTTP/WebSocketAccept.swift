/// The proof in a handshake that the other side speaks WebSocket (RFC 6455, section 4.2.2).
enum WebSocketAccept {
    /// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`.
    static func value(forKey key: String) -> String {
        let digest = SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        var out: [UInt8] = []
        Base64.append(digest.span, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// A key is 16 bytes in padded base64.
    static func isKey(_ key: String) -> Bool {
        let text = Array(key.utf8)
        return text.count == 24 && Base64.decode(text.span)?.count == 16
    }
}
