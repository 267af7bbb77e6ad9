import MartletCore
import MartletEmbedded
import MartletIO
import Testing

@testable import MartletGateway

/// What a gateway tells the cluster of itself.
@Suite struct RegistrationTests {
    private func registration(_ change: @escaping (inout GatewayConfiguration) -> Void) throws -> (
        NodeRegistration, clients: Int, links: Int
    ) {
        let cluster = try TestCluster(nodes: 1, change)
        let row = cluster.snapshot.nodes[0].registration
        let ports = cluster.gateways[0].listeningPorts
        return (row, ports.clients, ports.links)
    }

    @Test func whereItListensUnlessToldOtherwise() throws {
        let (row, clients, links) = try registration { _ in }
        #expect(clients != 0 && links != 0)
        #expect(row.clientAddress == "127.0.0.1:\(clients)")
        #expect(row.linkAddress == "127.0.0.1:\(links)")
    }

    @Test func whatItIsToldToSay() throws {
        let (row, _, links) = try registration {
            $0.clientHost = "0.0.0.0"
            $0.advertisedClient = ("chat.example", 443)
            // The port that the listener gets.
            $0.advertisedLink = ("localhost", 0)
        }
        #expect(row.clientAddress == "chat.example:443")
        #expect(row.linkAddress == "localhost:\(links)")
    }

    @Test func anIPv6AddressStandsInBrackets() throws {
        let (row, clients, _) = try registration { $0.clientHost = "::1" }
        #expect(row.clientAddress == "[::1]:\(clients)")
        let (host, port) = splitAddress(row.clientAddress)
        #expect(host == "::1" && Int(port) == clients)
    }

    @Test func whatMustBeTheSameOnAllNodes() throws {
        let settings = [AgreedSetting("cluster.slots", "8"), AgreedSetting("protocol", "1")]
        let (row, _, _) = try registration {
            $0.agreed = settings
            $0.configurationHash = 42
        }
        #expect(row.agreed == settings)
        #expect(row.configurationHash == 42)
    }

    /// A map of another number of slots would lead to the wrong logs.
    @Test func aMapWithOtherSlotsEndsANode() throws {
        let cluster = try TestCluster(nodes: 1) { $0.slots = TestCluster.slots }
        #expect(try cluster.client("alice").welcome.user == Key("alice"))
        try cluster.add(1) { $0.slots = TestCluster.slots / 2 }
        let said = "\(TestCluster.slots)"
        #expect(cluster.end(of: 1) == .disagrees(setting: "cluster.slots", cluster: said, node: "4"))
    }

    /// A refusal that waiting does not change ends the node, with the setting named.
    @Test func aNodeThatDisagreesEnds() throws {
        let cluster = try TestCluster(nodes: 1) { $0.agreed = [AgreedSetting("mailbox.age", "30d")] }
        let end = Awaited<GatewayEnd>()
        var configuration = GatewayConfiguration(
            id: NodeID("other")!, linkSecret: TestCluster.linkSecret, tokenSecret: TestCluster.tokenSecret)
        configuration.agreed = [AgreedSetting("mailbox.age", "7d")]
        let engine = cluster.engine
        let gateway = try Gateway(
            configuration,
            engine: GatewayEngine(
                log: engine.log, mailboxes: engine.mailboxes, presence: engine.presence, cluster: cluster.store),
            metrics: GatewayMetrics(), ended: { end.set($0) })
        defer { gateway.kill() }
        try gateway.start()
        #expect(end.get() == .disagrees(setting: "mailbox.age", cluster: "30d", node: "7d"))
        #expect(!cluster.snapshot.nodes.contains { $0.registration.id == configuration.id })
    }
}
