import MartletCore
import Testing

@testable import MartletProtocol

func readRequest(_ bytes: [UInt8], limits: Limits = Limits()) -> RequestHead.Reading {
    unsafe RequestHead.read(bytes.span.bytes, limits: limits)
}

@Suite struct RequestHeads {
    static let upgrade = """
        GET /v1/ws?user=b%C3%A9&x HTTP/1.1\r
        Host: example.org:80\r
        Upgrade: WebSocket\r
        Connection: keep-alive, Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version:13\r
        Sec-WebSocket-Protocol: chat , martlet.v1.proto\r
        Sec-WebSocket-Protocol: martlet.v1.json\r
        Origin: https://example.org\r
        Authorization: \t Bearer a.b.c \t\r
        \r

        """

    static func head(_ text: String) -> RequestHead? {
        guard case .head(let head, _) = readRequest(Array(text.utf8)) else { return nil }
        return head
    }

    @Test func readsAnUpgrade() throws {
        let head = try #require(RequestHeads.head(RequestHeads.upgrade))
        #expect(head.path == "/v1/ws")
        #expect(head.queryValue("user") == "b\u{E9}")
        #expect(head.queryValue("x") == "")
        #expect(head.queryValue("y") == nil)
        #expect(head.host == "example.org:80")
        #expect(head.connection == ["keep-alive", "upgrade"])
        #expect(head.webSocketProtocols == ["chat", "martlet.v1.proto", "martlet.v1.json"])
        #expect(head.origin == "https://example.org")
        #expect(head.authorization == "Bearer a.b.c")
        #expect(head.upgradeDecision() == .accept(key: "dGhlIHNhbXBsZSBub25jZQ==", encoding: .proto))
    }

    @Test func isIncompleteAtEveryByteBeforeItsEnd() {
        let bytes = Array(RequestHeads.upgrade.utf8)
        for end in bytes.indices { #expect(readRequest(Array(bytes[..<end])) == .incomplete) }
        guard case .head(_, let consumed) = readRequest(bytes + [1, 2, 3]) else {
            Issue.record("no head")
            return
        }
        #expect(consumed == bytes.count)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\nHost: a\n\n", 400, "bare LF"),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "bare CR"),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400, "bare CR"),
        ("\r\nGET / HTTP/1.1\r\n\r\n", 400, "empty start line"),
        ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n\r\n", 400, "control character"),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "folded header"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\tfolded: b\r\n\r\n", 400, "folded header"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "bad header name"),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", 400, "bad header name"),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", 400, "bad header name"),
        ("GET / HTTP/1.1\r\nH(st: a\r\n\r\n", 400, "bad header name"),
        ("GET / HTTP/1.1\r\nH\u{E9}: a\r\n\r\n", 400, "bad header name"),
        ("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, "duplicate header"),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: a\r\nUpgrade: a\r\n\r\n", 400, "duplicate header"),
        ("GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: a\r\nsec-websocket-key: a\r\n\r\n", 400, "duplicate header"),
        ("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: a\r\n\r\n", 400, "duplicate header"),
        ("GET / HTTP/1.1\r\nHost: a\r\nOrigin: a\r\nOrigin: a\r\n\r\n", 400, "duplicate header"),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 400, "request with a body"),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "request with a body"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "missing Host"),
        ("GET / HTTP/1.0\r\nUpgrade: websocket\r\n\r\n", 400, "upgrade needs HTTP/1.1"),
        ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad target"),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad target"),
        ("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad target"),
        ("GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad target"),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad request line"),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "bad request line"),
        ("GET /\r\nHost: a\r\n\r\n", 400, "bad request line"),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad request line"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP version"),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 505, "HTTP version"),
        ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "only GET"),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "only GET"),
        ("GET /?a+b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad query"),
        ("GET /?a=%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad query"),
        ("GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad query"),
        ("GET /?a=%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad query"),
        ("GET /?a=1&%61=2 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "duplicate query item"),
    ]) func refusals(_ text: String, _ status: Int, _ reason: String) {
        #expect(readRequest(Array(text.utf8)) == .refused(status: status, reason: reason))
    }

    @Test func aLongHeadIsRefused() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let long = Array((start + String(repeating: "x", count: 8192 - start.utf8.count)).utf8)
        #expect(readRequest(Array(long.dropLast())) == .incomplete)
        #expect(readRequest(long) == .refused(status: 431, reason: "head too long"))
        let fits = Array((start + String(repeating: "x", count: 8192 - 4 - start.utf8.count) + "\r\n\r\n").utf8)
        guard case .head = readRequest(fits) else {
            Issue.record("8,192 bytes fit")
            return
        }
    }

    @Test func http10WithoutUpgradeIsRead() {
        #expect(RequestHeads.head("GET /healthz HTTP/1.0\r\n\r\n")?.path == "/healthz")
    }

    @Test(arguments: [
        ("Upgrade: WebSocket", "Upgrade: h2c", 426), ("Connection: keep-alive, Upgrade", "Connection: close", 426),
        ("Sec-WebSocket-Version:13", "Sec-WebSocket-Version: 8", 426), ("Sec-WebSocket-Version:13", "X: y", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ", 400), ("dGhlIHNhbXBsZSBub25jZQ==", "YQ==", 400),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Kee", 400),
    ]) func badUpgrades(_ line: String, _ replacement: String, _ status: Int) throws {
        let head = try #require(RequestHeads.head(RequestHeads.upgrade.replacing(line, with: replacement)))
        guard case .refuse(status, _) = head.upgradeDecision() else {
            Issue.record("\(head.upgradeDecision())")
            return
        }
    }

    @Test func randomBytesAreAnswered() {
        var random = SeededGenerator(state: 6)
        for round in 0..<5_000 {
            let bytes = round % 3 == 0 ? random.bytes(round % 90) : random.damage(Array(RequestHeads.upgrade.utf8))
            if case .head(let head, _) = readRequest(bytes) { _ = head.upgradeDecision() }
        }
    }
}

@Suite struct HTTPAnswers {
    @Test func aBoundedAnswerCloses() {
        var out: [UInt8] = []
        HTTPResponse.append(status: 404, text: "no", into: &out)
        let text = String(decoding: out, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        #expect(text.contains("Content-Length: 3\r\n"))
        #expect(text.contains("Connection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\nno\n"))
        out = []
        HTTPResponse.append(status: 426, text: "no", into: &out)
        #expect(String(decoding: out, as: UTF8.self).contains("Sec-WebSocket-Version: 13\r\n"))
        out = []
        HTTPResponse.append(status: 405, text: "no", into: &out)
        #expect(String(decoding: out, as: UTF8.self).contains("Allow: GET\r\n"))
    }

    /// RFC 6455, section 1.3.
    @Test func acceptOfTheRFC() {
        #expect(WebSocketAccept.value(forKey: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}

@Suite struct ClientHandshakes {
    let handshake = ClientHandshake(nonce: Array(0..<16), encoding: .proto)
    let key = "AAECAwQFBgcICQoLDA0ODw=="

    func answer(_ encoding: FrameEncoding?, key: String? = nil) -> [UInt8] {
        var out: [UInt8] = []
        HTTPResponse.appendUpgrade(key: key ?? self.key, encoding: encoding, into: &out)
        return out
    }

    func read(_ bytes: [UInt8]) -> ClientHandshake.Reading {
        unsafe handshake.readResponse(bytes.span.bytes, limits: Limits())
    }

    @Test func bothSidesAgree() throws {
        var request: [UInt8] = []
        handshake.appendRequest(host: "h:1", path: "/v1/ws", token: "t", into: &request)
        let head = try #require(RequestHeads.head(String(decoding: request, as: UTF8.self)))
        #expect(head.authorization == "Bearer t")
        #expect(head.upgradeDecision() == .accept(key: key, encoding: .proto))
        let answer = answer(.proto)
        for end in answer.indices { #expect(read(Array(answer[..<end])) == .incomplete) }
        #expect(read(answer + [0x81]) == .accepted(consumed: answer.count))
    }

    @Test func refusals() {
        #expect(read(answer(.json)) == .refused(status: 101, reason: "other sub-protocol"))
        #expect(read(answer(nil)) == .refused(status: 101, reason: "other sub-protocol"))
        #expect(read(answer(.proto, key: "x")) == .refused(status: 101, reason: "bad Sec-WebSocket-Accept"))
        var out: [UInt8] = []
        HTTPResponse.append(status: 503, text: "busy", into: &out)
        #expect(read(out) == .refused(status: 503, reason: "not upgraded"))
        #expect(
            read(Array("HTTP/1.1 101\r\n\r\n".utf8)) == .refused(status: 101, reason: "not an upgrade to WebSocket"))
        #expect(read(Array("HTTP/1.1 1x1 a\r\n\r\n".utf8)) == .refused(status: 0, reason: "bad status line"))
        #expect(read(Array("SSH-2.0\r\n\r\n".utf8)) == .refused(status: 0, reason: "bad status line"))
        #expect(read([0]) == .refused(status: 0, reason: "control character"))
    }
}
