import MartletCore
import MartletEmbedded
import MartletIO
import MartletProtocol
import Testing

@testable import MartletGateway

/// What a gateway's port answers before there is a session.
@Suite(.serialized) struct EdgeHandshakeTests {
    private static let upgrade = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: martlet.v1.json",
    ]

    private static func request(_ line: String, _ headers: [String] = []) -> String {
        ([line, "Host: localhost"] + headers).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func upgrade(_ more: [String] = [], without name: String = "-") -> String {
        request("GET /v1/ws HTTP/1.1", upgrade.filter { !$0.hasPrefix(name) } + more)
    }

    private func ask(_ cluster: TestCluster, _ text: String) throws -> String {
        let socket = try TestSocket(port: cluster.port(0))
        socket.send(text)
        return try #require(socket.receiveText())
    }

    @Test func threeGetsAndNothingElse() throws {
        let cluster = try TestCluster()
        _ = try cluster.client("alice")
        #expect(try ask(cluster, Self.request("GET /healthz HTTP/1.1")).hasSuffix("\r\n\r\nok\n"))
        let home = try ask(cluster, Self.request("GET /v1/connect?user=alice HTTP/1.1"))
        #expect(home.hasPrefix("HTTP/1.1 200 "))
        #expect(home.hasSuffix("\r\n\r\n\(cluster.gateways[0].clientAddress)\n"))
        for (line, status) in [
            ("GET / HTTP/1.1", "404"), ("GET /v1/ws/ HTTP/1.1", "404"), ("GET /healthz/x HTTP/1.1", "404"),
            ("GET /v1/connect HTTP/1.1", "400"), ("GET /v1/connect?user= HTTP/1.1", "400"),
            ("GET /v1/connect?user=a%2Fb HTTP/1.1", "400"), ("GET /v1/ws HTTP/1.1", "426"),
            ("POST /healthz HTTP/1.1", "405"), ("GET /healthz HTTP/2.0", "505"), ("nonsense", "400"),
        ] {
            let answer = try ask(cluster, Self.request(line))
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(line): \(answer)")
        }
    }

    /// A load balancer must not send anybody to where everybody is sent away.
    @Test func aNodeThatDrainsIsNotHealthy() throws {
        let cluster = try TestCluster(nodes: 2)
        _ = try cluster.client("alice")
        let drained = Awaited<Bool>()
        cluster.engine.cluster.setDraining(TestCluster.id(0), true) { _ in drained.set(true) }
        _ = drained.get()
        try cluster.publish { _ in }
        let deadline = Clock.monotonicMilliseconds + 10_000
        var answer = ""
        while !answer.hasPrefix("HTTP/1.1 503 "), Clock.monotonicMilliseconds < deadline {
            answer = try ask(cluster, Self.request("GET /healthz HTTP/1.1"))
        }
        #expect(answer.hasSuffix("\r\n\r\ndraining\n"))
    }

    @Test func whatAnUpgradeMustSay() throws {
        let cluster = try TestCluster { $0.allowedOrigins = ["https://chat.example"] }
        for (request, status) in [
            (Self.upgrade(without: "Sec-WebSocket-Key"), "400"),
            (Self.upgrade(without: "Sec-WebSocket-Version"), "426"),
            (Self.upgrade(without: "Sec-WebSocket-Protocol"), "400"),
            (Self.upgrade(["Sec-WebSocket-Protocol: martlet.v2.json"], without: "Sec-WebSocket-Protocol"), "400"),
            (Self.upgrade(["Origin: https://evil.example"]), "403"), (Self.upgrade(["Origin: null"]), "403"),
            (Self.upgrade(["Origin: https://chat.example.evil"]), "403"),
            (Self.upgrade(["Content-Length: 1"]), "400"), (Self.upgrade(["Host: twice"]), "400"),
            (Self.upgrade(["X: " + String(repeating: "x", count: 9_000)]), "431"),
        ] {
            let answer = try ask(cluster, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer)")
        }
        for request in [Self.upgrade(), Self.upgrade(["Origin: https://chat.example"])] {
            let socket = try TestSocket(port: cluster.port(0))
            socket.send(request)
            let answer = String(decoding: socket.receiveSome() ?? [], as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 101 "))
            #expect(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        }
    }

    @Test func aRequestMayComeByteByByte() throws {
        let cluster = try TestCluster()
        _ = try cluster.client("alice")
        let socket = try TestSocket(port: cluster.port(0))
        for byte in Self.request("GET /healthz HTTP/1.1").utf8 { socket.send([byte]) }
        #expect(socket.receiveText()?.hasSuffix("\r\n\r\nok\n") == true)
    }

    /// RFC 6455 asks a client to wait for the answer; one that does not must not hang.
    @Test func framesBehindTheRequestAreHeard() throws {
        let cluster = try TestCluster()
        _ = try cluster.client("alice")
        let hello = TestClient.hello(token: try TestCluster.token("bob"))
        let client = try TestClient(port: cluster.port(0), pipelined: TestClient.bytes(.hello(hello), .proto))
        #expect(client.welcome()?.user == Key("bob"))
    }

    @Test func aRequestThatNeverEndsIsCutOff() throws {
        let cluster = try TestCluster { $0.limits.handshakeMilliseconds = 200 }
        for begin in ["", "GET /v1/ws HTTP/1.1\r\nHost: h\r\n"] {
            let socket = try TestSocket(port: cluster.port(0))
            socket.send(begin)
            #expect(socket.receiveAll() == [])
        }
    }

    @Test func aClientThatSaysNoHelloIsClosedForGood() throws {
        let cluster = try TestCluster { $0.limits.helloMilliseconds = 200 }
        let client = try TestClient(port: cluster.port(0))
        #expect(client.next() == .closed(code: 4101, reason: "no hello in time"))
    }

    /// Not the client's fault: it may come again.
    @Test func aClientWhoseHomeIsAwayMayComeAgain() throws {
        let cluster = try TestCluster(owners: [0]) { $0.limits.helloMilliseconds = 500 }
        _ = try cluster.client("alice")
        try cluster.publish { map in
            for slot in map.slots.indices { map.slots[slot] = .init(owner: nil, epoch: 2) }
        }
        let client = try TestClient(port: cluster.port(0))
        client.hello(token: try TestCluster.token("bob"))
        // The map may still be on its way: then bob is welcomed, and one who comes later is not.
        switch client.next() {
        case .closed(let code, _): #expect(code == ErrorCode.unavailable.closeCode)
        default:
            let later = try TestClient(port: cluster.port(0))
            later.hello(token: try TestCluster.token("carol"))
            #expect(later.next() == .closed(code: ErrorCode.unavailable.closeCode, reason: "no home in time"))
        }
    }

    /// The cap is the node's, however many loops share its port; beyond it there is an answer.
    @Test(arguments: [1, 3]) func connectionsANodeAreCapped(loops: Int) throws {
        let cluster = try TestCluster(loops: loops) { $0.limits.connectionsPerNode = 4 }
        let clients = try (0..<4).map { _ in try TestClient(port: cluster.port(0)) }
        let answer = try ask(cluster, Self.upgrade())
        #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
        #expect(answer.hasSuffix("too many connections\n"))
        clients[0].socket.reset()
        let deadline = Clock.monotonicMilliseconds + 10_000
        var isTaken = false
        while !isTaken, Clock.monotonicMilliseconds < deadline {
            isTaken = (try? TestClient(port: cluster.port(0))) != nil
        }
        #expect(isTaken, "one that left makes room")
    }

    @Test func sessionsAUserAreCapped() throws {
        let cluster = try TestCluster { $0.limits.sessionsPerUser = 2 }
        let kept = try (0..<2).map { try cluster.client("alice", device: "d\($0)").client }
        let third = try TestClient(port: cluster.port(0))
        third.hello(token: try TestCluster.token("alice"), device: "d3")
        #expect(third.next() == .closed(code: ErrorCode.conflict.closeCode, reason: "too many sessions of this user"))
        #expect(kept.allSatisfy { $0.untilPong(ref: 1).isEmpty })
    }
}
