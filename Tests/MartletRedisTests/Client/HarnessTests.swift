import ServerHarness
import Testing

/// The servers of the other suites come up, answer, die and come back.
@Suite struct HarnessTests {
    @Test func aServerKeepsWhatItAnsweredAcrossAKill() throws {
        var options = RedisServer.Options()
        options.appendOnly = true
        let server = try RedisServer(options)
        defer { server.end() }
        #expect(try server.command("SET", "key", "value") == "OK")
        try server.restart()
        #expect(try server.command("GET", "key") == "value")
    }

    @Test func aClusterHasAnOwnerForEachSlot() async throws {
        let cluster = try await blocking { try RedisClusterServers(replicas: 1) }
        defer { cluster.end() }
        for slot in [0, 8_191, 16_383] {
            #expect(try cluster.owner(ofSlot: slot, asked: cluster.servers[0]) != nil)
        }
    }

    @Test func sentinelsKnowTheMaster() async throws {
        let servers = try await blocking { try RedisSentinelServers(sentinels: 1) }
        defer { servers.end() }
        #expect(try servers.masterPort() == servers.first.port)
    }
}
