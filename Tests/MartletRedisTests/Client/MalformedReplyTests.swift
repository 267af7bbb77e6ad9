import MartletRedis
import ServerHarness
import Testing

/// Servers that say what Redis never does, that stop in the middle, or say nothing.
@Suite struct MalformedReplyTests {
    /// No time-out that a busy machine could meet; these servers answer no ping.
    private static let patient: RedisLimits = {
        var limits = RedisLimits()
        limits.commandTimeoutMilliseconds = 3_600_000
        limits.connectTimeoutMilliseconds = 3_600_000
        limits.pingMilliseconds = 3_600_000
        return limits
    }()

    /// The answers to two commands, from a server that sends `text` for them and greets well otherwise.
    private func outcomes(
        of text: String, limits: RedisLimits = patient, reset: Bool = false
    ) async throws -> [Result<RedisReply, RedisError>] {
        let server = try FakeServer { connection in
            connection.greet()
            if connection.receive().isEmpty { return }
            connection.send(text)
            if reset { connection.reset() }
        }
        defer { server.end() }
        return try await withClient(.single(local(server.port)), limits: limits) { client in
            async let first = client.call("GET", "a", at: "a")
            async let second = client.call("GET", "b", at: "b")
            return await [first, second]
        }
    }

    @Test(arguments: [
        ("*2147483647\r\n", RedisProtocolError.tooManyElements), ("$9000000000\r\n", .tooLarge),
        ("$-7\r\n", .badLength), ("*-7\r\n", .badLength), ("!x\r\n", .unknownType(33)),
        (String(repeating: "*1\r\n", count: 9), .tooDeep), ("$1\r\nxy\r\n", .missingLineEnd),
        ("+" + String(repeating: "x", count: 70_000), .lineTooLong),
    ])
    func aMalformedReplyMakesAllThatIsUnderWayUnknown(text: String, error: RedisProtocolError) async throws {
        for outcome in try await outcomes(of: text) {
            #expect(outcome == .failure(.unknown(.malformedReply(error))))
        }
    }

    @Test func repliesThatNobodyAskedForDropTheConnection() async throws {
        let server = try FakeServer { connection in
            connection.greet()
            connection.send("+surprise\r\n")
        }
        defer { server.end() }
        try await withClient(.single(local(server.port)), ready: false) { _ in
            #expect(await waitUntil { server.connectionCount > 2 })
        }
    }

    @Test func aResetInTheMiddleOfAReplyIsUnknown() async throws {
        for outcome in try await outcomes(of: "$10\r\nabc", reset: true) {
            guard case .failure(.unknown(.connectionLost)) = outcome else { throw TestFailure(outcome) }
        }
    }

    @Test func aServerThatStopsInTheMiddleOrNeverAnswersIsUnknownInTime() async throws {
        var limits = RedisLimits()
        limits.commandTimeoutMilliseconds = 300
        for text in ["", "$10\r\nabc"] {
            #expect(
                try await outcomes(of: text, limits: limits) == [
                    .failure(.unknown(.timedOut)), .failure(.unknown(.timedOut)),
                ])
        }
    }

    /// The short time of one command says nothing of the server: others go on on its connection.
    @Test func aCommandWithLittleTimeLeavesTheConnectionToOthers() async throws {
        let server = try FakeServer { connection in
            connection.greet()
            var heard = ""
            while !heard.contains("second") {
                let more = connection.receive()
                if more.isEmpty { return }
                heard += more
            }
            connection.send("+1\r\n+2\r\n")
        }
        defer { server.end() }
        try await withClient(.single(local(server.port)), limits: Self.patient) { client in
            var command = RedisCommand("GET", key: Array("first".utf8))
            command.timeoutMilliseconds = 50
            #expect(await client.call(command) == .failure(.unknown(.timedOut)))
            #expect(await client.call("GET", "second", at: "second") == .success(.status("2")))
            #expect(server.connectionCount == 1)
        }
    }

    @Test func aServerThatNeverGreetsIsNotConnected() async throws {
        let server = try FakeServer { _ in }
        defer { server.end() }
        var limits = RedisLimits()
        limits.commandTimeoutMilliseconds = 300
        try await withClient(.single(local(server.port)), limits: limits, ready: false) { client in
            #expect(await client.call("GET", "a", at: "a") == .failure(.unavailable(.notConnected)))
            #expect(throws: RedisError.unavailable(.notConnected)) { try client.awaitReady(milliseconds: 10) }
            #expect(await waitUntil { server.connectionCount > 1 }, "it is tried again")
        }
    }

    @Test func serversThatAreNotRightAreRefusedByName() async throws {
        let cases: [(version: String, policy: String, refusal: RedisRefusal)] = [
            ("6.0.16", "noeviction", .tooOld(version: "6.0.16")),
            ("7.0.15", "allkeys-lru", .evicts(policy: "allkeys-lru")),
        ]
        for (version, policy, refusal) in cases {
            let server = try FakeServer { $0.greet(version: version, policy: policy) }
            defer { server.end() }
            try await withClient(.single(local(server.port)), ready: false) { client in
                await #expect(throws: RedisError.unavailable(.refused(refusal))) {
                    try await blocking { try client.awaitReady(milliseconds: 60_000) }
                }
                let answer = await client.call("GET", "a", at: "a")
                #expect(answer == .failure(.unavailable(.refused(refusal))))
            }
        }
    }

    @Test func moreThanAConnectionMayHoldIsUnavailableAtOnce() async throws {
        let server = try FakeServer { $0.greet() }
        defer { server.end() }
        var limits = RedisLimits()
        limits.maxCommandsPerConnection = 2
        limits.maxBytesPerConnection = 10_000
        try await withClient(.single(local(server.port)), limits: limits) { client in
            let tooBig = RedisCommand("SET", key: [1], [[UInt8](repeating: 0, count: 10_000)])
            #expect(await client.call(tooBig) == .failure(.unavailable(.overloaded)))
            for _ in 0..<2 { client.send(RedisCommand("GET", key: [1])) { _ in } }
            #expect(await client.call("GET", "a", at: "a") == .failure(.unavailable(.overloaded)))
        }
    }
}
