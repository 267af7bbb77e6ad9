import MartletCore
import MartletEmbedded
import MartletIO
import MartletProtocol
import Testing

@testable import MartletGateway

/// Links between gateways over real sockets.
@Suite(.serialized) struct LinkTests {
    /// Nothing that was accepted is lost, doubled or reordered by a link that breaks again and again.
    @Test func aLinkThatIsCutComesBackAndNothingIsLost() throws {
        let cluster = try TestCluster(nodes: 2, proxied: true, owners: [0, 1])
        // Both users' homes are on the other node than their connections.
        let (alice, bob) = (TestCluster.user("alice", in: 1), TestCluster.user("bob", in: 0))
        let sender = try cluster.client(alice, at: 0).client
        let reader = try cluster.client(bob, at: 1).client
        let proxy = try #require(cluster.store.proxy(TestCluster.id(1)))
        var received = Received()
        for round in 0..<10 {
            for place in 0..<10 {
                sender.send("\(round * 10 + place)", to: bob, ClientSequence(round * 10 + place + 1))
            }
            proxy.cut()
            #expect(sender.acceptedAll(through: ClientSequence(round * 10 + 10)))
            try received.read(reader, until: (round + 1) * 10)
        }
        #expect(received.texts == (0..<100).map(String.init))
    }

    /// Node 1 dials node 2 as well: three nodes have three links.
    @Test func threeNodesTalkAllToAll() throws {
        let cluster = try TestCluster(nodes: 3, owners: [0, 1, 2])
        let users = (0..<3).map { TestCluster.user("u", in: $0) }
        // Each user's connection is on the node behind the home.
        let clients = try users.enumerated().map { try cluster.client($1, at: ($0 + 1) % 3).client }
        for (from, client) in clients.enumerated() {
            for (place, to) in users.enumerated() where place != from {
                client.send("from \(from)", to: to, ClientSequence(place > from ? place : place + 1))
            }
        }
        for client in clients {
            var received = Received()
            try received.read(client, until: 2, includingOwn: false)
            #expect(Set(received.texts).count == 2)
        }
    }

    /// A page of a mailbox is larger than anything a client may send.
    @Test func aWholePageCrossesALink() throws {
        let cluster = try TestCluster(nodes: 2, owners: [0])
        let bob = TestCluster.user("bob", in: 0)
        let sender = try cluster.client("alice", at: 0).client
        let text = String(repeating: "x", count: 30_000)
        for sequence: ClientSequence in 1...12 {
            sender.send(text, to: bob, sequence)
            #expect(sender.acceptedAll(through: sequence))
        }
        let reader = try cluster.client(bob, at: 1).client
        var received = Received()
        try received.read(reader, until: 12)
        #expect(received.texts.allSatisfy { $0 == text })
        #expect(received.largestPage > 200_000, "it came in pages above a client's frame")
    }

    /// A peer that does not read is not buffered for: the link is reset, and later comes back.
    @Test func aLinkThatOverflowsIsResetAndComesBack() throws {
        let cluster = try TestCluster(nodes: 2, proxied: true, owners: [1]) { configuration in
            configuration.limits.syncPageBytes = 32 * 1024
            configuration.limits.maxFrameBytes = 64 * 1024
            configuration.limits.linkWindowBytes = 256 * 1024
        }
        let bob = TestCluster.user("bob", in: 0)
        let sender = try cluster.client("alice", at: 0).client
        let reader = try cluster.client(bob, at: 0).client
        let proxy = try #require(cluster.store.proxy(TestCluster.id(1)))
        proxy.stopUp()
        let before = cluster.metrics.linkOverflows.current
        let text = String(repeating: "x", count: 4_000)
        var said = 0
        // Sockets and the proxy hold megabytes before anything piles up at the gateway.
        while cluster.metrics.linkOverflows.current == before, said < 20_000 {
            for _ in 0..<100 { sender.signal(text, to: bob) }
            said += 100
            _ = sender.untilPong(ref: UInt64(said))
        }
        #expect(cluster.metrics.linkOverflows.current == before + 1, "once a link, not once a message")
        proxy.open()
        sender.send("still there", to: bob, 1)
        #expect(sender.acceptedAll(through: 1))
        var received = Received()
        try received.read(reader, until: 1)
        #expect(received.texts == ["still there"])
    }

    // MARK: strangers

    @Test func aStrangerLearnsNothingAndIsDropped() throws {
        let cluster = try TestCluster()
        let hello = LinkFrame.hello(
            LinkHello(cluster: "martlet", node: NodeID("stranger")!, incarnation: 1, nonce: randomBytes(32)))
        var bytes: [UInt8] = []
        LinkCodec.encode(hello, into: &bytes)
        // A hello gets a nonce: 32 bytes behind length, kind and length; then silence, then the end.
        let talker = try TestSocket(port: cluster.linkPort(0))
        talker.send(bytes)
        let begin = Clock.monotonicMilliseconds
        let answer = try #require(talker.receiveAll())
        #expect(answer.count == 4 + 1 + 1 + 32)
        #expect(Clock.monotonicMilliseconds - begin < Links.silenceMilliseconds + 2_000)
    }

    @Test(arguments: [
        Array("GET / HTTP/1.1\r\n\r\n".utf8), [0, 0, 0, 1, 255], [0, 0, 4, 1], [0xFF, 0xFF, 0xFF, 0xFF],
        [0, 0x3F, 0xFF, 0xFF],
        [0, 0, 0, 2, 4, 1], [0, 0, 0, 3, 17, 0, 0],
    ])
    func garbageIsDroppedAtOnce(bytes: [UInt8]) throws {
        let cluster = try TestCluster()
        let stranger = try TestSocket(port: cluster.linkPort(0))
        let begin = Clock.monotonicMilliseconds
        stranger.send(bytes)
        #expect(stranger.receiveAll() == [])
        #expect(Clock.monotonicMilliseconds - begin < Links.silenceMilliseconds, "at once, not at the deadline")
    }

    @Test func aStrangerThatSaysNothingIsDropped() throws {
        let cluster = try TestCluster()
        #expect(try TestSocket(port: cluster.linkPort(0)).receiveAll() == [])
    }

    @Test func strangersAreBoundedAndPeersStillGetThrough() throws {
        let cluster = try TestCluster(nodes: 1)
        let strangers = try (0..<Links.maxStrangers + 10).map { _ in try TestSocket(port: cluster.linkPort(0)) }
        #expect(strangers.last?.receiveAll() == [])
        #expect(cluster.metrics.refusedStrangers.current >= 9)
        strangers.forEach { $0.end() }
        let identity = try FakePeer.register(7, in: cluster)
        try cluster.publish { _ in }
        #expect(try FakePeer(identity, to: 0, of: cluster).isUp())
    }

    // MARK: peers

    /// A peer with other settings, or of a hostile mind, names slots, sessions and loops that are not there.
    @Test func aPeerCannotTakeTheNodeDown() throws {
        let cluster = try TestCluster(nodes: 1, loops: 2)
        let identity = try FakePeer.register(7, in: cluster)
        try cluster.publish { _ in }
        let peer = try FakePeer(identity, to: 0, of: cluster)
        let (session, alice) = (SessionRef(edge: identity.node, edgeIncarnation: 77, id: .max), Key("alice")!)
        for slot in [Slot(0), Slot(TestCluster.slots), Slot(65_535)] {
            peer.say(.slot(slot, .attach(Attach(session: session, user: alice, device: DeviceID("d")!))))
            peer.say(.slot(slot, .request(session: session, user: alice, request: 1, ClientEnvelope(.ping(Ping())))))
            peer.say(.slot(slot, .detach(session: session, user: alice)))
            peer.say(.slot(slot, .signal(from: alice, to: alice, type: "", content: nil)))
        }
        for named in [Slot(0), Slot(TestCluster.slots), Slot(65_535)] {
            peer.say(.slot(Slot(0), .acknowledged(target: named, upTo: .max)))
            peer.say(
                .slot(
                    Slot(0), .receipts(source: named, [ReceiptNote(to: alice, from: alice, received: .max, read: .min)])
                ))
            peer.say(.slot(Slot(0), .receiptsStored(target: named, [])))
        }
        for id: UInt64 in [0, 1, 1 << 24, 9 << 24, .max] {
            peer.say(.edge(.notHome(session: id)))
            peer.say(
                .edge(.deliver(sessions: [id, id], frame: [1, 2, 3], settles: .nothing, pushedUpTo: 0, live: false)))
            peer.say(.edge(.close(sessions: [id], code: .internal, reason: "")))
        }
        #expect(peer.isUp())
        _ = try cluster.client("bob")
    }

    /// What was meant for connections of a node's former life reaches nobody: its session ids mean others now.
    @Test func aPeerOfAnotherLifeGetsNoLink() throws {
        let cluster = try TestCluster()
        var identity = try FakePeer.register(7, in: cluster, incarnation: 77)
        try cluster.publish { _ in }
        #expect(try FakePeer(identity, to: 0, of: cluster).isUp())
        identity.incarnation = 78
        let target = cluster.gateways[0]
        var node = ClusterMap.Node(
            id: target.id, incarnation: target.incarnation, linkAddress: "", clientAddress: "", weight: 1, worker: 0,
            state: .up)
        #expect(!answersPing(LinkHandshake(dialling: node, identity: identity, nonce: randomBytes(32)), cluster))
        identity.incarnation = 77
        node.incarnation &+= 1
        #expect(!answersPing(LinkHandshake(dialling: node, identity: identity, nonce: randomBytes(32)), cluster))
    }

    private func answersPing(_ start: LinkHandshake, _ cluster: TestCluster) -> Bool {
        guard let socket = try? TestSocket(port: cluster.linkPort(0)) else { return false }
        var handshake = start
        var out: [UInt8] = []
        LinkCodec.encode(handshake.hello, into: &out)
        socket.send(out)
        var buffer: [UInt8] = []
        while let more = socket.receiveSome(), !more.isEmpty {
            buffer += more
            guard let decoded = unsafe try? LinkCodec.decode(buffer.span.bytes) else { return false }
            buffer.removeFirst(decoded.consumed)
            for frame in decoded.frames {
                if case .pong = frame { return true }
                var answer: [UInt8] = []
                if case .send(let frames) = handshake.handle(frame) {
                    for frame in frames { LinkCodec.encode(frame, into: &answer) }
                }
                LinkCodec.encode(.ping(1), into: &answer)
                socket.send(answer)
            }
        }
        return false
    }

    /// A home that lost the slot while it attached a session speaks too late: the new one's word counts.
    @Test func whatAFormerHomeSaysIsVoid() throws {
        let cluster = try TestCluster()
        let identity = try FakePeer.register(7, in: cluster)
        let alice = TestCluster.user("alice", in: 3)
        try cluster.publish { $0.slots[3] = .init(owner: identity.node, epoch: 2) }
        let peer = try FakePeer(identity, to: 0, of: cluster)
        let client = try TestClient(port: cluster.port(0))
        client.hello(token: try TestCluster.token(alice))
        let attach = try #require(
            peer.wait { if case .slot(_, .attach(let attach)) = $0 { attach } else { nil } }, "the edge asks its home")
        // Nobody has the slot for a while, and the edge knows it.
        try cluster.publish { $0.slots[3] = .init(owner: nil, epoch: 3) }
        let deadline = Clock.monotonicMilliseconds + 10_000
        while try !connectAnswer(cluster, alice).contains("503") { #expect(Clock.monotonicMilliseconds < deadline) }
        peer.say(
            .edge(
                .attached(
                    session: attach.session.id,
                    Attached(
                        number: 999, generation: 1, cursor: 0, resync: false, head: 0, live: true,
                        lastClientSequence: 0, rejectedClientSequences: []))))
        #expect(peer.isUp(), "it was read")
        try cluster.publish { $0.slots[3] = .init(owner: TestCluster.id(0), epoch: 4) }
        let welcome = try #require(client.welcome())
        #expect(welcome.session != 999)
        #expect(welcome.home == "node-0")
    }

    /// A ping that came back late went through a queue: messages are not put into it, until one comes back in time.
    @Test func aHomeThatDoesNotKeepUpGetsNoMoreMessages() throws {
        let cluster = try TestCluster()
        let identity = try FakePeer.register(7, in: cluster)
        let alice = TestCluster.user("alice", in: 3)
        try cluster.publish { $0.slots[3] = .init(owner: identity.node, epoch: 2) }
        var peer = try FakePeer(identity, to: 0, of: cluster)
        let client = try TestClient(port: cluster.port(0))
        func attach() throws {
            let attach = try #require(
                peer.wait { if case .slot(_, .attach(let attach)) = $0 { attach } else { nil } },
                "the edge asks its home")
            peer.say(
                .edge(
                    .attached(
                        session: attach.session.id,
                        Attached(
                            number: 1, generation: 1, cursor: 0, resync: false, head: 0, live: true,
                            lastClientSequence: 0, rejectedClientSequences: []))))
        }
        func answerPing() {
            _ = peer.wait { if case .ping = $0 { true } else { nil } }
            #expect(peer.isUp(), "the answer was read")
        }
        func passedOn() -> ClientSequence? {
            peer.wait { frame in
                guard case .slot(_, .request(_, _, _, let envelope)) = frame, case .send(let send) = envelope.frame
                else { return nil }
                return send.clientSequence
            }
        }
        client.hello(token: try TestCluster.token(alice))
        try attach()
        _ = try #require(client.welcome())
        peer.pingDelay = UInt64(Links.busyMilliseconds)
        answerPing()
        client.send("too much", to: alice, 1)
        let rejected = client.wait { if case .rejected(let frame) = $0 { frame } else { nil } }
        #expect(rejected?.code == .busy && rejected?.clientSequence == 1)
        peer.pingDelay = 0
        let deadline = Clock.monotonicMilliseconds + 60_000
        while cluster.metrics.busyLinks.current > 0, Clock.monotonicMilliseconds < deadline { answerPing() }
        client.send("once more", to: alice, 1)
        #expect(passedOn() == 1)
        // Busy in one life is not busy in the next.
        peer.pingDelay = UInt64(Links.busyMilliseconds)
        answerPing()
        #expect(cluster.metrics.busyLinks.current == 1)
        let left = Awaited<Bool>()
        cluster.engine.cluster.leave(identity.node, incarnation: identity.incarnation) { _ in left.set(true) }
        #expect(left.get() == true)
        let next = try FakePeer.register(7, in: cluster, incarnation: 78)
        try cluster.publish { $0.slots[3] = .init(owner: next.node, epoch: 3) }
        peer = try FakePeer(next, to: 0, of: cluster)
        try attach()
        #expect(passedOn() == 1, "it is said again")
        client.send("one more", to: alice, 2)
        #expect(passedOn() == 2)
        #expect(cluster.metrics.busyLinks.current == 0)
    }

    private func connectAnswer(_ cluster: TestCluster, _ user: String) throws -> String {
        let socket = try TestSocket(port: cluster.port(0))
        socket.send("GET /v1/connect?user=\(user) HTTP/1.1\r\nHost: h\r\n\r\n")
        return socket.receiveText() ?? ""
    }
}
