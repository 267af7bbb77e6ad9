import MartletIO
import MartletRedis
import ServerHarness
import Testing

/// A real Redis Cluster: three masters, where it matters with replicas.
@Suite(.serialized) struct ClusterTests {
    private func mode(_ cluster: RedisClusterServers) -> RedisMode { .cluster(seeds: [local(cluster.ports[0])]) }

    @Test func keysOfAllSlotsFindTheirMaster() async throws {
        let cluster = try await blocking { try RedisClusterServers() }
        defer { cluster.end() }
        try await withClient(mode(cluster)) { client in
            for number in 0..<300 {
                let key = "{s\(number)}:k"
                #expect(await client.call("SET", key, "\(number)", at: key) == .success(.status("OK")))
                #expect(await client.call("GET", key, at: key) == .success(.text("\(number)")))
            }
            for server in cluster.servers {
                let size = try server.command("DBSIZE")
                #expect(Int(size) ?? 0 > 50)
            }
            #expect(await client.call("PING") == .success(.status("PONG")))
        }
    }

    /// A slot that moves under load, first with its keys and then in the map: nothing is lost, nothing overtakes.
    @Test func aSlotMovesUnderLoad() async throws {
        let cluster = try await blocking { try RedisClusterServers() }
        defer { cluster.end() }
        try await withClient(mode(cluster)) { client in
            let slot = try #require(Int(cluster.servers[0].command("CLUSTER", "KEYSLOT", "{s1}")))
            let source = try #require(try cluster.owner(ofSlot: slot, asked: cluster.servers[0]))
            let target = try #require(cluster.servers.first { $0.port != source.port })
            let load = OrderedLoad(client, key: "{s1}:list")
            await load.run(pushes: 200)
            try await cluster.migrate(slot: slot, from: source, to: target) { await load.run(pushes: 500) }
            await load.run(pushes: 500)
            #expect(await waitUntil { load.isSettled })
            #expect(load.failures.isEmpty)
            #expect(try await load.stored() == (0..<load.pushed).map(String.init))
        }
    }

    @Test func aReplicaTakesOverForAKilledMaster() async throws {
        let cluster = try await blocking { try RedisClusterServers(replicas: 1) }
        defer { cluster.end() }
        try await withClient(mode(cluster)) { client in
            let slot = try #require(Int(cluster.servers[0].command("CLUSTER", "KEYSLOT", "{s1}")))
            let victim = try #require(try cluster.owner(ofSlot: slot, asked: cluster.servers[0]))
            #expect(await client.call("SET", "{s1}", "before", at: "{s1}") == .success(.status("OK")))
            victim.kill()
            let start = Clock.monotonicMilliseconds
            let isBack = await waitUntil(milliseconds: 60_000) {
                await client.call("SET", "{s1}", "after", at: "{s1}") == .success(.status("OK"))
            }
            #expect(isBack, "not back after \(Clock.monotonicMilliseconds - start) ms")
            try await blocking { try client.awaitReady(milliseconds: 60_000) }
        }
    }

    /// With every seed but one gone the map still comes.
    @Test func anySeedWillDo() async throws {
        let cluster = try await blocking { try RedisClusterServers() }
        defer { cluster.end() }
        let nobody = local(try FreePorts.next())
        try await withClient(.cluster(seeds: [nobody, local(cluster.ports[2])])) { client in
            #expect(await client.call("GET", "x", at: "x") == .success(.null))
        }
    }

    @Test func aClusterWithPasswordsAndPublishedMessages() async throws {
        let cluster = try await blocking { try RedisClusterServers(password: "secret") }
        defer { cluster.end() }
        try await withClient(mode(cluster), credentials: RedisCredentials(password: "secret")) { client in
            let heard = Collected<RedisNotice>()
            client.subscribe([1]) { heard.add($0) }
            #expect(await waitUntil { heard.count == 1 })
            _ = await client.call(RedisCommand("PUBLISH", routing: nil, [[1], [2]]))
            #expect(await waitUntil { heard.count == 2 })
            #expect(heard.all == [.subscribed, .message([2])])
        }
    }

    @Test func aSlotWithoutAnOwnerIsUnavailableInTime() async throws {
        let cluster = try await blocking { try RedisClusterServers() }
        defer { cluster.end() }
        var limits = RedisLimits()
        limits.commandTimeoutMilliseconds = 500
        try await withClient(mode(cluster), limits: limits) { client in
            // Refused by whoever heard already that it is nobody's.
            for server in cluster.servers { _ = try? server.command("CLUSTER", "DELSLOTS", "0") }
            // A key of slot 0.
            let answer = await client.call("GET", "{3560}", at: "{3560}")
            guard case .failure(.unavailable) = answer else { throw TestFailure(answer) }
        }
    }
}
