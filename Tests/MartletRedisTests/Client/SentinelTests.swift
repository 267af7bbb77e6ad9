import MartletRedis
import ServerHarness
import Testing

/// A master with a replica, and sentinels that watch them.
@Suite(.serialized) struct SentinelTests {
    private func mode(_ servers: RedisSentinelServers) throws -> RedisMode {
        // The first address is nobody's: the next one is asked.
        let addresses = [local(try FreePorts.next())] + servers.sentinelPorts.map(local)
        return .sentinel(addresses, master: RedisSentinelServers.masterName, credentials: nil)
    }

    private func isWritable(_ client: RedisClient) async -> Bool {
        await client.call("SET", "k", "v", at: "k") == .success(.status("OK"))
    }

    @Test func theReplicaTakesOverForAKilledMaster() async throws {
        let servers = try await blocking { try RedisSentinelServers() }
        defer { servers.end() }
        try await withClient(try mode(servers)) { client in
            let connected = Collected<RedisEndpoint>()
            client.onConnected { connected.add($0) }
            #expect(await isWritable(client))
            servers.first.kill()
            #expect(await waitUntil(milliseconds: 60_000) { connected.all.last == local(servers.second.port) })
            #expect(await waitUntil { await isWritable(client) })
        }
    }

    @Test func aPlannedFailOverIsFollowed() async throws {
        let servers = try await blocking { try RedisSentinelServers() }
        defer { servers.end() }
        try await withClient(try mode(servers)) { client in
            #expect(await isWritable(client))
            #expect(try await waitUntil { try servers.second.command("GET", "k") == "v" })
            try servers.failOver()
            let isPromoted = try await waitUntil(milliseconds: 60_000) {
                try servers.second.command("ROLE").hasPrefix("master")
            }
            #expect(isPromoted)
            // The demoted master may take a write yet, before it hears of its fate.
            let isFollowed = try await waitUntil {
                let answer = await client.call("SET", "k", "w", at: "k")
                return try answer == .success(.status("OK")) && servers.second.command("GET", "k") == "w"
            }
            #expect(isFollowed)
            #expect(await client.call("GET", "k", at: "k") == .success(.text("w")))
        }
    }

    @Test func anUnknownMasterIsRefused() async throws {
        let servers = try await blocking { try RedisSentinelServers() }
        defer { servers.end() }
        let mode = RedisMode.sentinel(servers.sentinelPorts.map(local), master: "nobody", credentials: nil)
        await #expect(throws: RedisError.unavailable(.refused(.unknownMaster("nobody")))) {
            try await withClient(mode) { _ in }
        }
    }
}
