import MartletCore
import MartletIO
import MartletProtocol
import Testing

@testable import MartletGateway

/// Presence over broken links, hand-offs and deaths (guarantee 8).
@Suite(.serialized) struct PresenceTests {
    private func ask(_ gateway: Gateway, _ users: [Key]) -> Result<[UserPresence], PortError>? {
        let answer = Awaited<Result<[UserPresence], PortError>>()
        gateway.presence(of: users) { answer.set($0) }
        return answer.get()
    }

    private func state(_ gateway: Gateway, _ user: Key) -> DevicePresence.State? {
        try? ask(gateway, [user])?.get().first?.state
    }

    /// Asks until it is so.
    private func wait(for state: DevicePresence.State, of user: Key, at gateway: Gateway) -> Bool {
        let deadline = Clock.monotonicMilliseconds + 10_000
        while self.state(gateway, user) != state {
            if Clock.monotonicMilliseconds > deadline { return false }
        }
        return true
    }

    // MARK: links

    @Test func aLinkThatComesBackMakesNobodyOffline() throws {
        let cluster = try TestCluster(nodes: 2, proxied: true, owners: [1])
        let alice = TestCluster.user("alice", in: 0)
        let client = try cluster.client(alice, at: 0).client
        let proxy = try #require(cluster.store.proxy(TestCluster.id(1)))
        for round in 1...5 {
            _ = try #require(cluster.presence.changes(of: Key(alice)!, count: round), "it is placed again")
            proxy.cut()
            client.send("over the new link", to: "bob", ClientSequence(round))
            #expect(client.acceptedAll(through: ClientSequence(round)))
        }
        let changes = try #require(cluster.presence.changes(of: Key(alice)!, count: 6))
        #expect(changes.allSatisfy { $0 == "online" }, "\(changes)")
        #expect(state(cluster.gateways[0], Key(alice)!) == .online)
    }

    @Test func whoLeftWhileTheLinkWasDownIsOffline() throws {
        let cluster = try TestCluster(nodes: 2, proxied: true, owners: [1])
        let users = ["alice", "bob"].map { TestCluster.user($0, in: 0) }
        let clients = try users.map { try cluster.client($0, at: 0).client }
        let proxy = try #require(cluster.store.proxy(TestCluster.id(1)))
        #expect(wait(for: .online, of: Key(users[0])!, at: cluster.gateways[0]))
        proxy.stopUp()
        clients[0].socket.end()
        let deadline = Clock.monotonicMilliseconds + 10_000
        while cluster.metrics.connections.current > 1 { #expect(Clock.monotonicMilliseconds < deadline) }
        // The detach is on its way, and is lost with the link.
        proxy.cut()
        proxy.open()
        #expect(wait(for: .offline, of: Key(users[0])!, at: cluster.gateways[0]))
        #expect(cluster.presence.changes(of: Key(users[0])!) == ["online", "offline"])
        #expect(!cluster.presence.changes(of: Key(users[1])!).contains("offline"))
        #expect(state(cluster.gateways[0], Key(users[1])!) == .online)
    }

    /// Whoever came and went while the store was away is told when it is back.
    @Test func aStoreThatWasAwayIsTold() throws {
        let cluster = try TestCluster(nodes: 1)
        let (leaves, comes) = (Key("leaves")!, Key("comes")!)
        let first = try cluster.client("leaves").client
        #expect(wait(for: .online, of: leaves, at: cluster.gateways[0]))
        cluster.presence.setAway(true)
        let second = try cluster.client("comes").client
        first.socket.end()
        let deadline = Clock.monotonicMilliseconds + 10_000
        while cluster.metrics.presenceFailures.current < 2 { #expect(Clock.monotonicMilliseconds < deadline) }
        #expect(cluster.presence.changes(of: comes).isEmpty)
        cluster.presence.setAway(false)
        #expect(wait(for: .online, of: comes, at: cluster.gateways[0]))
        #expect(wait(for: .offline, of: leaves, at: cluster.gateways[0]))
        withExtendedLifetime(second) {}
    }

    // MARK: hand-offs

    /// From before the hand-off until after it, the answer is the same whenever one looks.
    @Test func aSessionStaysOnlineThroughHandOffs() throws {
        let cluster = try TestCluster(nodes: 3, owners: [1])
        let alice = Key(TestCluster.user("alice", in: 3))!
        let client = try cluster.client(alice.description, at: 0).client
        #expect(wait(for: .online, of: alice, at: cluster.gateways[0]))
        var seen: [DevicePresence.State] = []
        for (round, owner) in [2, 1, 0, 2].enumerated() {
            if round % 2 == 0 {
                try cluster.handOff(Slot(3), to: owner)
            } else {
                try cluster.give(Slot(3), to: owner)
            }
            let placed = cluster.presence.changes(of: alice).count
            while cluster.presence.changes(of: alice).count == placed, !client.hasEnded {
                for gateway in cluster.gateways { if let state = state(gateway, alice) { seen.append(state) } }
            }
        }
        #expect(!seen.isEmpty && seen.allSatisfy { $0 == .online }, "\(Set(seen.map { "\($0)" }))")
        #expect(!cluster.presence.changes(of: alice).contains("offline"))
    }

    // MARK: answers

    @Test func aNodeThatIsKilledAnswersWhatItWasAsked() throws {
        let cluster = try TestCluster(nodes: 1)
        let gateway = cluster.gateways[0]
        _ = try cluster.client("alice").client
        #expect(try ask(gateway, [])?.get() == [])
        gateway.pause(milliseconds: 60_000)
        let answers = (0..<3).map { _ in Awaited<Result<[UserPresence], PortError>>() }
        for answer in answers { gateway.presence(of: [Key("alice")!]) { answer.set($0) } }
        gateway.kill()
        for answer in answers {
            guard case .failure(.closed) = answer.get() else {
                return #expect(Bool(false), "not answered, or otherwise")
            }
        }
        guard case .failure(.closed) = ask(gateway, [Key("alice")!]) else {
            return #expect(Bool(false), "a dead node answers too")
        }
    }

    @Test func aStoreThatIsAwayIsSaid() throws {
        let cluster = try TestCluster(nodes: 1)
        _ = try cluster.client("alice").client
        cluster.presence.setAway(true)
        guard case .failure(.unavailable) = ask(cluster.gateways[0], [Key("alice")!]) else {
            return #expect(Bool(false), "not `unavailable`")
        }
    }

    // MARK: status

    @Test func aNodeSaysHowItStands() throws {
        let cluster = try TestCluster(nodes: 2, owners: [0])
        _ = try cluster.client("alice", at: 0).client
        let deadline = Clock.monotonicMilliseconds + 10_000
        var first = cluster.gateways[0].status
        // A connection is counted a moment after its client was welcomed.
        while first.startingSlots > 0 || first.connections == 0, Clock.monotonicMilliseconds < deadline {
            first = cluster.gateways[0].status
        }
        #expect(first.isMember && first.hasMap && first.reachesStore && !first.isDraining)
        #expect(first.slots == TestCluster.slots && first.startingSlots == 0 && first.connections >= 1)
        #expect(cluster.gateways[1].status.slots == 0 && cluster.gateways[1].status.startingSlots == 0)
        let gateway = cluster.gateways[0]
        gateway.stop()
        #expect(!gateway.status.isMember && gateway.status.slots == 0 && gateway.status.startingSlots == 0)
    }
}
