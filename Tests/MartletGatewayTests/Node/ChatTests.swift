import MartletCore
import MartletEmbedded
import MartletIO
import MartletProtocol
import Testing

@testable import MartletGateway

/// People chat over gateways of several loops while slots move.
@Suite(.serialized) struct ChatTests {
    /// Connections on every loop, homes on every loop: most messages cross from one to another.
    @Test(arguments: [(1, 1), (1, 3), (2, 2), (3, 3)]) func everybodyHearsEverybody(nodes: Int, loops: Int) throws {
        let cluster = try TestCluster(nodes: nodes, loops: loops)
        let names = (0..<12).map { TestCluster.user("u", in: $0 % TestCluster.slots) + "-\($0)" }
        let clients = try names.enumerated().map { try cluster.client($1, at: $0 % nodes).client }
        for (from, client) in clients.enumerated() {
            for step in 1...11 {
                client.send("\(from)", to: names[(from + step) % 12], ClientSequence(step))
            }
        }
        for (place, client) in clients.enumerated() {
            var received = Received()
            try received.read(client, until: 11, includingOwn: false)
            #expect(Set(received.texts) == Set((0..<12).filter { $0 != place }.map(String.init)))
        }
    }

    /// Loops that have room for one message at a time: what the engine answers comes all the same, and what one loop
    /// has for another waits its turn.
    @Test(arguments: [(1, 1), (1, 3), (2, 2)]) func fullLoopsLoseNothing(nodes: Int, loops: Int) throws {
        let cluster = try TestCluster(nodes: nodes, loops: loops) { $0.loopMailboxCapacity = 1 }
        let names = (0..<6).map { TestCluster.user("u", in: $0) }
        let clients = try names.enumerated().map { try cluster.client($1, at: $0 % nodes).client }
        for sequence in 1...30 {
            for (from, client) in clients.enumerated() {
                client.send("\(from) \(sequence)", to: names[(from + sequence) % 5], ClientSequence(sequence))
            }
        }
        for client in clients { #expect(client.acceptedAll(through: 30)) }
        for place in 0..<5 {
            let again = try cluster.client(names[place], at: place % nodes, device: "again").client
            var received = Received()
            try received.read(again, until: (0..<6).reduce(0) { $0 + expected(from: $1, to: place) })
        }
        if loops > 1 { #expect(cluster.metrics.loopsFull.current > 0, "the loops were full") }
    }

    /// Entries in the mailbox of `to`: what `from` wrote to it, and the copies of what it wrote itself.
    private func expected(from: Int, to: Int) -> Int {
        from == to ? 30 : (1...30).filter { (from + $0) % 5 == to }.count
    }

    /// Slots go from node to node, planned and not, under a conversation both of whose ends stay connected.
    @Test(arguments: [1, 2, 3]) func slotsMoveAndConnectionsStay(loops: Int) throws {
        let cluster = try TestCluster(nodes: 3, loops: loops)
        let (alice, bob) = (TestCluster.user("alice", in: 2), TestCluster.user("bob", in: 5))
        let sender = try cluster.client(alice, at: 0).client
        let reader = try cluster.client(bob, at: 1).client
        var received = Received()
        for round in 0..<12 {
            for place in 0..<5 {
                let sequence = round * 5 + place + 1
                sender.send("\(sequence)", to: bob, ClientSequence(sequence))
            }
            let slot = Slot(round % 2 == 0 ? 2 : 5)
            let owner = cluster.snapshot.map!.slots[slot.index].owner
            let next = (0..<3).first { TestCluster.id(($0 + round) % 3) != owner }.map { ($0 + round) % 3 }!
            if round % 3 == 0 { try cluster.give(slot, to: next) } else { try cluster.handOff(slot, to: next) }
            #expect(sender.acceptedAll(through: ClientSequence(round * 5 + 5)))
            try received.read(reader, until: round * 5 + 5)
        }
        #expect(received.texts == (1...60).map(String.init))
    }

    /// A node dies with its slots; who is connected elsewhere keeps the connection.
    @Test func aNodeThatDiesTakesNothingWithIt() throws {
        let cluster = try TestCluster(nodes: 2, loops: 2, owners: [1])
        let (alice, bob) = (TestCluster.user("alice", in: 2), TestCluster.user("bob", in: 5))
        let sender = try cluster.client(alice, at: 0).client
        let reader = try cluster.client(bob, at: 0).client
        for sequence in 1...50 { sender.send("\(sequence)", to: bob, ClientSequence(sequence)) }
        cluster.kill(1)
        // Its port refuses, so a peer finds it dead without waiting for its lease.
        try cluster.awaitSnapshot("node 1 is reported dead") { snapshot in
            snapshot.nodes.contains { $0.registration.id == TestCluster.id(1) && $0.left }
        }
        try cluster.publish { map in
            for slot in map.slots.indices { map.slots[slot] = .init(owner: TestCluster.id(0), epoch: 2) }
        }
        #expect(sender.acceptedAll(through: 50))
        var received = Received()
        try received.read(reader, until: 50)
        #expect(received.texts == (1...50).map(String.init))
    }

    /// A slot of one loop is let go and comes to another node: sessions on the other loop follow it.
    @Test func signalsFollowTheSlot() throws {
        let cluster = try TestCluster(nodes: 2, loops: 2, owners: [0])
        let bob = TestCluster.user("bob", in: 5)
        let reader = try cluster.client(bob, at: 0).client
        let sender = try cluster.client("alice", at: 1).client
        for (round, to) in [1, 0, 1].enumerated() {
            try cluster.handOff(Slot(5), to: to)
            // A signal may be lost while the slot moves; one of them arrives when it has.
            var heard = false
            let deadline = Clock.monotonicMilliseconds + 10_000
            while !heard, Clock.monotonicMilliseconds < deadline {
                sender.signal("\(round)", to: bob)
                _ = sender.untilPong(ref: 1)
                heard = reader.untilPong(ref: 2).contains {
                    if case .signal(let signal) = $0 { signal.content == Content(text: "\(round)") } else { false }
                }
            }
            #expect(heard)
        }
    }

    /// A signal costs its sender one token, wherever the recipient's sessions are.
    @Test(arguments: [1, 3]) func aSignalCountsOnce(loops: Int) throws {
        let cluster = try TestCluster(loops: loops) { $0.freeRate = RateLimit(rate: 1, burst: 10) }
        let readers = try (0..<4).map { try cluster.client("bob", device: "d\($0)").client }
        // Enough of them that some are on the loop of bob's home, whose signals take the short way if they can.
        let senders = try (0..<12).map { try cluster.client("alice-\($0)").client }
        for (number, sender) in senders.enumerated() {
            for place in 0..<10 { sender.signal("\(number) \(place)", to: "bob") }
        }
        let all = Set((0..<12).flatMap { number in (0..<10).map { "\(number) \($0)" } })
        for reader in readers {
            var heard: Set<String> = []
            while heard.count < all.count,
                let text = reader.wait(for: { if case .signal(let it) = $0 { it.content } else { nil } })
            {
                if case .text(let text)? = text.value { heard.insert(text) }
            }
            #expect(heard == all)
        }
    }

    // MARK: membership

    @Test func aNodeWhoseLeaseIsGoneEnds() throws {
        let cluster = try TestCluster()
        let gateway = cluster.gateways[0]
        let left = Awaited<Bool>()
        cluster.engine.cluster.leave(gateway.id, incarnation: gateway.incarnation) { _ in left.set(true) }
        _ = left.get()
        #expect(cluster.end(of: 0) == .leaseLost)
    }

    @Test(arguments: [1, 2]) func aPortThatIsTakenIsAnError(loops: Int) throws {
        let cluster = try TestCluster()
        #expect(throws: GatewayError.self) {
            try cluster.add(1, loops: loops) { $0.clientPort = cluster.port(0) }
        }
        #expect(throws: GatewayError.self) {
            try cluster.add(2, loops: loops) { $0.linkPort = cluster.linkPort(0) }
        }
    }

    /// A loop that is killed leaves nobody waiting in the engine.
    @Test func aKilledNodeLetsGoOfTheLog() throws {
        let cluster = try TestCluster(loops: 2)
        _ = try cluster.client("alice")
        cluster.kill(0)
        let deadline = Clock.monotonicMilliseconds + 10_000
        while (0..<TestCluster.slots).contains(where: { cluster.engine.tailWaiters(Slot($0)) > 0 }) {
            guard Clock.monotonicMilliseconds < deadline else {
                #expect(Bool(false), "readers wait for ever")
                return
            }
        }
    }
}
