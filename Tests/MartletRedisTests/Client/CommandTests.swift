import MartletRedis
import ServerHarness
import Testing

/// Commands, pipelines and scripts against one real server.
@Suite struct CommandTests {
    @Test func repliesOfEveryType() async throws {
        let server = try RedisServer()
        defer { server.end() }
        try await withClient(.single(local(server.port))) { client in
            #expect(await client.call("SET", "k", "v", at: "k") == .success(.status("OK")))
            #expect(await client.call("GET", "k", at: "k") == .success(.text("v")))
            #expect(await client.call("GET", "none", at: "none") == .success(.null))
            #expect(await client.call("INCRBY", "n", "-7", at: "n") == .success(.integer(-7)))
            #expect(await client.call("MGET", "k", "none", at: "k") == .success(.array([.text("v"), .null])))
            let failure = await client.call("LPUSH", "k", "x", at: "k")
            guard case .failure(let error) = failure else { throw TestFailure(failure) }
            #expect(error.serverCode == "WRONGTYPE")
            let nested = await client.call(RedisScript("return {1, {'a', {}}, redis.error_reply('BAD x')}"), key: "k")
            #expect(nested == .success(.array([.integer(1), .array([.text("a"), .array([])]), .error("BAD x")])))
        }
    }

    @Test func argumentsAreBytesOfAnyKindAndSize() async throws {
        let server = try RedisServer()
        defer { server.end() }
        try await withClient(.single(local(server.port))) { client in
            let big = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for value in [[], [0], [13, 10, 0, 255], big] as [[UInt8]] {
                #expect(await client.call(RedisCommand("SET", key: [0, 1], [value])) == .success(.status("OK")))
                #expect(await client.call(RedisCommand("GET", key: [0, 1])) == .success(.bytes(value)))
            }
        }
    }

    @Test func commandsOfAPipelineAreAnsweredInOrder() async throws {
        let server = try RedisServer()
        defer { server.end() }
        try await withClient(.single(local(server.port))) { client in
            let answers = Collected<RedisReply>()
            let requests = (0..<10_000).map { _ in
                RedisRequest(RedisCommand("INCR", key: [1])) { if case .success(let reply) = $0 { answers.add(reply) } }
            }
            client.send(contentsOf: requests)
            for _ in 0..<1_000 {
                client.send(RedisCommand("INCR", key: [1])) { if case .success(let r) = $0 { answers.add(r) } }
            }
            #expect(await waitUntil { answers.count == 11_000 })
            #expect(answers.all == (1...11_000).map { .integer($0) })
            let stats = try server.command("INFO", "stats")
            let reads = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_reads_processed:") }
            let count = try #require(reads?.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) })
            #expect(count < 1_000, "pipelined commands arrive in few reads")
        }
    }

    @Test func scriptsAreKnownByDigestAndLoadedAgainWhenForgotten() async throws {
        let server = try RedisServer()
        defer { server.end() }
        let script = RedisScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        #expect(try server.command("SCRIPT", "LOAD", script.source) == script.digest)
        try await withClient(.single(local(server.port))) { client in
            #expect(await client.call(script, key: "k", "2") == .success(.integer(2)))
            #expect(await client.call(script, key: "k", "2") == .success(.integer(4)))
            let before = try evalCount(server)
            #expect(await client.call(script, key: "k", "2") == .success(.integer(6)))
            #expect(try evalCount(server) == before)
            try server.command("SCRIPT", "FLUSH")
            #expect(await client.call(script, key: "k", "2") == .success(.integer(8)))
            #expect(try evalCount(server) == before + 1)
        }
    }

    /// Scripts that were under way when the server forgot them run in the order in which they were handed over.
    @Test func forgottenScriptsKeepTheirOrder() async throws {
        let server = try RedisServer()
        defer { server.end() }
        let script = RedisScript("return redis.call('RPUSH', KEYS[1], ARGV[1])")
        try await withClient(.single(local(server.port))) { client in
            let answers = Collected<Result<RedisReply, RedisError>>()
            for round in 0..<20 {
                var requests = (0..<50).map { index in
                    RedisRequest(RedisCommand(script, keys: [[1]], arguments: [Array("\(round * 50 + index)".utf8)])) {
                        answers.add($0)
                    }
                }
                requests.insert(RedisRequest(RedisCommand("SCRIPT", [[UInt8]]("FLUSH"))) { _ in }, at: round)
                client.send(contentsOf: requests)
            }
            #expect(await waitUntil { answers.count == 1_000 })
            #expect(answers.all == (1...1_000).map { .success(.integer($0)) })
            let list = await client.call(RedisCommand("LRANGE", key: [1], [[UInt8]]("0 -1")))
            #expect(list == .success(.array((0..<1_000).map { .text("\($0)") })))
        }
    }

    private func evalCount(_ server: RedisServer) throws -> Int {
        let lines = try server.command("INFO", "commandstats").split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { $0.hasPrefix("cmdstat_eval:") }) else { return 0 }
        return Int(line.split(separator: "=")[1].prefix { $0.isNumber }) ?? 0
    }
}

struct TestFailure: Error {
    let what: String
    init(_ what: Any) { self.what = "\(what)" }
}

extension [[UInt8]] {
    /// The words of a text.
    init(_ words: String) { self = words.split(separator: " ").map { Array<UInt8>($0.utf8) } }
}
