import MartletRedis
import ServerHarness
import Testing

/// Real servers that die, hang, come back, or want to know who is there.
@Suite struct ConnectionTests {
    @Test func aClientComesBackWithItsServer() async throws {
        var options = RedisServer.Options()
        options.appendOnly = true
        let server = try RedisServer(options)
        defer { server.end() }
        try await withClient(.single(local(server.port))) { client in
            let connected = Collected<RedisEndpoint>()
            client.onConnected { connected.add($0) }
            #expect(await client.call("SET", "k", "v", at: "k") == .success(.status("OK")))
            server.kill()
            var command = RedisCommand("GET", key: Array("k".utf8))
            command.timeoutMilliseconds = 200
            let lost = await client.call(command)
            guard case .failure(let error) = lost else { throw TestFailure(lost) }
            switch error {
            case .unavailable(.notConnected), .unknown: break
            default: throw TestFailure(error)
            }
            async let waiting = client.call("GET", "k", at: "k")
            try server.restart()
            let answer = await waiting
            if answer == .failure(.unavailable(.notConnected)) {
                #expect(await waitUntil { await client.call("GET", "k", at: "k") == .success(.text("v")) })
            } else {
                #expect(answer == .success(.text("v")))
            }
            #expect(connected.all == [local(server.port)])
        }
    }

    @Test func aServerThatHangsIsUnknownAndThenBack() async throws {
        let server = try RedisServer()
        defer { server.end() }
        var limits = RedisLimits()
        limits.commandTimeoutMilliseconds = 300
        try await withClient(.single(local(server.port)), limits: limits) { client in
            server.pause()
            #expect(await client.call("INCR", "n", at: "n") == .failure(.unknown(.timedOut)))
            #expect(await client.call("INCR", "n", at: "n") == .failure(.unavailable(.notConnected)))
            server.resume()
            #expect(await waitUntil { await client.call("GET", "n", at: "n") == .success(.text("1")) })
        }
    }

    @Test func passwordsAndUsers() async throws {
        var options = RedisServer.Options()
        options.password = "secret"
        options.users = ["alice on >wonder ~* &* +@all -config"]
        let server = try RedisServer(options)
        defer { server.end() }
        let mode = RedisMode.single(local(server.port))
        for credentials in [
            RedisCredentials(password: "secret"), RedisCredentials(user: "alice", password: "wonder"),
        ] {
            try await withClient(mode, credentials: credentials) { client in
                #expect(await client.call("PING") == .success(.status("PONG")))
            }
        }
        for credentials in [nil, RedisCredentials(password: "x"), RedisCredentials(user: "bob", password: "secret")] {
            await #expect(throws: RedisError.self) {
                try await withClient(mode, credentials: credentials) { _ in }
            }
        }
    }

    @Test func aServerThatEvictsIsRefusedUntilItDoesNot() async throws {
        var options = RedisServer.Options()
        options.maxMemoryPolicy = "allkeys-lfu"
        let server = try RedisServer(options)
        defer { server.end() }
        try await withClient(.single(local(server.port)), ready: false) { client in
            await #expect(throws: RedisError.unavailable(.refused(.evicts(policy: "allkeys-lfu")))) {
                try await blocking { try client.awaitReady(milliseconds: 60_000) }
            }
            try server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            #expect(await waitUntil { await client.call("PING") == .success(.status("PONG")) })
        }
    }

    @Test func stoppingAnswersEverything() async throws {
        let server = try RedisServer()
        defer { server.end() }
        let client = RedisClient(RedisConfiguration(mode: .single(local(server.port))), name: "test")
        try client.start()
        try await blocking { try client.awaitReady(milliseconds: 60_000) }
        server.pause()
        let answers = Collected<Result<RedisReply, RedisError>>()
        for _ in 0..<100 { client.send(RedisCommand("PING")) { answers.add($0) } }
        client.stop()
        server.resume()
        #expect(answers.all == Array(repeating: .failure(.unknown(.stopped)), count: 100))
        #expect(await client.call("PING") == .failure(.closed))
    }

    @Test func subscribersHearMessagesAndTheirGaps() async throws {
        let server = try RedisServer()
        defer { server.end() }
        try await withClient(.single(local(server.port))) { client in
            let heard = Collected<RedisNotice>()
            client.subscribe(Array("news".utf8)) { heard.add($0) }
            #expect(await waitUntil { heard.all == [.subscribed] })
            try server.command("PUBLISH", "news", "one")
            #expect(await waitUntil { heard.count == 2 })
            try server.restart()
            #expect(await waitUntil { heard.count == 3 })
            try server.command("PUBLISH", "news", "two")
            #expect(await waitUntil { heard.count == 4 })
            #expect(
                heard.all == [
                    .subscribed, .message(Array("one".utf8)), .subscribed, .message(Array("two".utf8)),
                ])
        }
    }
}
