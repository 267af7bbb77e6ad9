import MartletCore
import MartletProtocol
import Testing

@testable import MartletGateway

/// Frames of a client, over real sockets.
@Suite(.serialized) struct EdgeFrameTests {
    @Test(arguments: [FrameEncoding.proto, .json]) func pingPongAndClose(encoding: FrameEncoding) throws {
        let cluster = try TestCluster()
        let client = try cluster.client("alice", encoding: encoding).client
        client.socket.send(TestClient.wire(.ping, [1, 2, 3]))
        #expect(client.nextRaw() == .pong([1, 2, 3]))
        client.socket.send(TestClient.wire(.pong, []))
        #expect(client.untilPong(ref: 7).isEmpty)
        client.socket.send(TestClient.wire(.close, [0x03, 0xE8]))
        #expect(client.nextRaw() == .closed(code: 1000, reason: ""))
        #expect(client.nextRaw() == .ended)
    }

    @Test func brokenFramesEndTheConnectionWithTheirCode() throws {
        let cluster = try TestCluster()
        func answer(_ bytes: [UInt8], _ encoding: FrameEncoding = .json) throws -> TestClient.Event {
            let client = try cluster.client("alice", encoding: encoding).client
            client.socket.send(bytes)
            return client.next()
        }
        #expect(try answer([0x81, 0x02, 0x7B, 0x7D]) == .closed(code: 1002, reason: "frame is not masked"))
        #expect(try answer([0xC1, 0x80, 0, 0, 0, 0]) == .closed(code: 1002, reason: "reserved bits"))
        #expect(try answer([0x81, 0x81, 0, 0, 0, 0, 0xFF]) == .closed(code: 1007, reason: "bad UTF-8"))
        #expect(
            try answer([0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0])
                == .closed(code: 1009, reason: "message too long"))
        let kind = "wrong kind of message for this sub-protocol"
        #expect(try answer(TestClient.wire(.binary, [0])) == .closed(code: 1003, reason: kind))
        #expect(try answer(TestClient.wire(.text, [0x7B, 0x7D]), .proto) == .closed(code: 1003, reason: kind))
    }

    @Test func badFramesAreAnsweredAndTheSessionLives() throws {
        let cluster = try TestCluster()
        let client = try cluster.client("alice", encoding: .json).client
        for text in ["{", "{}", #"{"nonsense":{}}"#, #"{"send":{"to":{}}}"#, #"{"ref":3,"send":{"to":{"user":""}}}"#] {
            client.socket.send(TestClient.wire(.text, Array(text.utf8)))
            let answers = client.untilPong(ref: 1)
            guard case .error(let error)? = answers.first, answers.count == 1 else {
                #expect(Bool(false), "\(text): \(answers)")
                continue
            }
            #expect(error.code == .invalid)
        }
    }

    @Test func beforeHelloOnlyHelloIsHeard() throws {
        let cluster = try TestCluster()
        for frame in [ClientFrame.ping(Ping()), .ack(Ack()), .sync(Sync())] {
            let client = try TestClient(port: cluster.port(0))
            client.say(frame)
            #expect(client.next() == .closed(code: ErrorCode.unauthenticated.closeCode, reason: "hello comes first"))
        }
    }

    @Test func refusedTokensEndTheConnectionForGood() throws {
        let cluster = try TestCluster()
        _ = try cluster.client("alice")
        let expired = try TestCluster.token("alice", expiresAt: 1)
        for token in ["", "x", expired, expired + "x"] {
            let client = try TestClient(port: cluster.port(0))
            client.hello(token: token)
            guard case .closed(let code, _) = client.next() else {
                #expect(Bool(false))
                continue
            }
            #expect(code == ErrorCode.unauthenticated.closeCode)
        }
    }

    @Test func theTokenMayComeInTheRequest() throws {
        let cluster = try TestCluster()
        _ = try cluster.client("alice")
        let client = try TestClient(port: cluster.port(0), authorization: try TestCluster.token("bob"))
        client.hello(token: "")
        #expect(client.welcome()?.user == Key("bob"))
    }

    /// With two tokens a client could speak for a user in another user's slot.
    @Test func aSecondHelloIsRefusedAndMovesNothing() throws {
        let cluster = try TestCluster(nodes: 2, owners: [0, 1])
        let (alice, bob) = (TestCluster.user("alice", in: 0), TestCluster.user("bob", in: 1))
        let client = try cluster.client(alice, at: 0).client
        client.hello(token: try TestCluster.token(bob), device: "other")
        let answer = client.wait { if case .error(let error) = $0 { error } else { nil } }
        #expect(answer?.reason == "hello was said before")
        client.send("still alice", to: bob, 1)
        #expect(client.acceptedAll(through: 1))
        let again = try cluster.client(alice, at: 1, device: "again").client
        var received = Received()
        try received.read(again, until: 1)
        #expect(received.texts == ["still alice"])
    }

    /// More than an edge holds for answers, in one write: it stops reading, and goes on.
    @Test(arguments: [1, 2]) func aClientThatAsksFasterThanItIsAnsweredIsMadeToWait(loops: Int) throws {
        let cluster = try TestCluster(loops: loops)
        let client = try cluster.client("alice").client
        var bytes: [UInt8] = []
        for ref: UInt64 in 1...2_000 {
            bytes += TestClient.bytes(.conversations(ConversationsRequest()), ref: ref, .proto)
        }
        client.socket.send(bytes)
        var refs: [UInt64] = []
        while refs.count < 2_000, case .frame(let envelope) = client.next() {
            if case .conversations = envelope.frame, let ref = envelope.ref { refs.append(ref) }
        }
        #expect(refs == Array(1...2_000))
    }

    /// A frame that is as large as frames may be, cut at every kind of place, behind many small ones.
    @Test func largeFramesComeInPieces() throws {
        let cluster = try TestCluster()
        let client = try cluster.client("alice").client
        let text = String(repeating: "x", count: 32_000)
        for sequence: ClientSequence in 1...20 { client.send(text, to: "bob", sequence) }
        #expect(client.acceptedAll(through: 20))
    }

    @Test func theSameDeviceTwiceReplacesTheFirst() throws {
        let cluster = try TestCluster(nodes: 2)
        let first = try cluster.client("alice", at: 0).client
        let (second, welcome) = try cluster.client("alice", at: 1)
        #expect(first.next() == .closed(code: ErrorCode.replaced.closeCode, reason: "a newer session of this device"))
        first.socket.reset()
        #expect(welcome.session > 0)
        #expect(second.untilPong(ref: 1).isEmpty, "the end of the first does not end the second")
    }
}
