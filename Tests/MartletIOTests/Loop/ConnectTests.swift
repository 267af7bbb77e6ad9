import MartletIO
import Testing

@Suite struct ConnectTests {
    @Test(arguments: ["127.0.0.1", "localhost"])
    func twoLoopsTalk(_ host: String) throws {
        let server = try TestLoop(.echo)
        defer { server.loop.stop() }
        let port = try server.listen()
        let client = try TestLoop(
            ProbeBehaviour { probe, stream, bytes in
                probe.recorder.record(.received(stream, bytes.array))
                return bytes.byteCount
            })
        defer { client.loop.stop() }
        client.run { $0.io.connect(host: host, port: port, token: 42) }
        #expect(client.recorder.wait { $0.contains { $0.connectedStream != nil } })
        let stream = try #require(client.recorder.events.compactMap(\.connectedStream).first)
        #expect(client.recorder.events.contains(.connected(stream, token: 42)))
        client.run { _ = $0.io.write(stream, Array("link".utf8).span) }
        #expect(client.recorder.wait(for: .received(stream, Array("link".utf8))))
    }

    @Test func aRefusedConnectIsTold() throws {
        let gone = try TestLoop()
        let port = try gone.listen()
        gone.loop.stop()
        let client = try TestLoop()
        defer { client.loop.stop() }
        client.run { $0.io.connect(host: "127.0.0.1", port: port, token: 1) }
        // ECONNREFUSED
        #expect(client.recorder.wait(for: .connectFailed(token: 1, error: -111)))
        #expect(client.run { $0.io.openStreams } == 0)
    }

    @Test func anUnknownNameIsTold() throws {
        let client = try TestLoop()
        defer { client.loop.stop() }
        client.run { $0.io.connect(host: "no-such-host.invalid", port: 1, token: 2) }
        #expect(
            client.recorder.wait {
                $0.contains { if case .connectFailed(token: 2, let error) = $0 { error < 0 } else { false } }
            })
    }

    @Test func aConnectThatHangsTimesOut() throws {
        // A listener whose queue is full and that accepts nobody: the kernel drops further attempts in silence.
        let full = try FullListener()
        defer { full.end() }
        let client = try TestLoop { $0.connectTimeoutMilliseconds = 50 }
        defer { client.loop.stop() }
        let port = full.port
        client.run { $0.io.connect(host: "127.0.0.1", port: port, token: 3) }
        // ETIMEDOUT
        #expect(client.recorder.wait(for: .connectFailed(token: 3, error: -110)))
        #expect(client.run { $0.io.openStreams } == 0)
    }

    @Test func tooManyConnectionsAreRefused() throws {
        let server = try TestLoop { $0.maxConnections = 2 }
        defer { server.loop.stop() }
        let port = try server.listen()
        let clients = try (0..<2).map { _ in try TestSocket(port: port) }
        _ = server.acceptedStreams(2)
        let third = try TestSocket(port: port)
        #expect(third.receiveSome() == nil, "reset")
        third.end()
        #expect(server.loop.counters.refused.current == 1)
        clients[0].end()
        #expect(server.recorder.wait { $0.contains { $0.closeReason != nil } })
        let fourth = try TestSocket(port: port)
        #expect(server.acceptedStreams(3).count == 3)
        fourth.end()
        clients[1].end()
    }

    @Test func aListenerThatStopsKeepsItsStreams() throws {
        let server = try TestLoop(.echo)
        defer { server.loop.stop() }
        let port = try server.listen()
        let client = try TestSocket(port: port)
        defer { client.end() }
        _ = server.acceptedStreams(1)
        server.run { $0.io.stopListening(7) }
        #expect(throws: SocketError.self) { try TestSocket(port: port) }
        client.send("on")
        #expect(client.receive(exactly: 2) == Array("on".utf8))
    }
}
