import MartletIO
import Testing

@Suite struct EchoTests {
    @Test func whatArrivesComesBack() throws {
        let server = try TestLoop(.echo)
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.send("hello")
        #expect(client.receive(exactly: 5) == Array("hello".utf8))
    }

    @Test func ipv6AndAddresses() throws {
        let server = try TestLoop(.echo)
        defer { server.loop.stop() }
        let port = try server.listen(address: "::1")
        let client = try TestSocket(port: port, host: "::1")
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        let local = server.run { $0.io.localAddress(of: stream) }
        let peer = server.run { $0.io.peerAddress(of: stream) }
        #expect(local == SocketAddress(host: "::1", port: port))
        #expect(peer?.host == "::1")
        #expect(local?.description == "[::1]:\(port)")
    }

    @Test func manyConnections() throws {
        let server = try TestLoop(.echo)
        defer { server.loop.stop() }
        let port = try server.listen()
        let clients = try (0..<500).map { _ in try TestSocket(port: port) }
        for (index, client) in clients.enumerated() { client.send("message \(index)") }
        for (index, client) in clients.enumerated() {
            let text = Array("message \(index)".utf8)
            #expect(client.receive(exactly: text.count) == text)
        }
        #expect(server.run { $0.io.openStreams } == 500)
        clients.forEach { $0.end() }
        #expect(server.recorder.wait { $0.count { $0.closeReason == .endOfFile } == 500 })
        #expect(server.run { $0.io.openStreams } == 0)
    }

    @Test func twoLoopsShareAPort() throws {
        let first = try TestLoop(.echo)
        let second = try TestLoop(.echo)
        defer { first.loop.stop() }
        defer { second.loop.stop() }
        let port = try first.listen(reusePort: true)
        _ = try second.listen(reusePort: true, port: port)
        let clients = try (0..<64).map { _ in try TestSocket(port: port) }
        for client in clients {
            client.send("x")
            #expect(client.receive(exactly: 1).count == 1)
            client.end()
        }
        let accepted = [first, second].map { $0.recorder.events.count { $0.acceptedStream != nil } }
        #expect(accepted.reduce(0, +) == 64)
        #expect(accepted.allSatisfy { $0 > 0 }, "the kernel spreads connections over both: \(accepted)")
    }

    @Test func aPortInUseIsAnError() throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        let port = try server.listen()
        let error = #expect(throws: SocketError.self) { try server.listen(port: port) }
        #expect(error?.operation == "bind")
    }

    @Test(arguments: ["", "localhost", "1.2.3", "::g", "1.2.3.4.5"])
    func aBadAddressIsAnError(_ address: String) throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        #expect(throws: SocketError.self) { try server.listen(address: address) }
    }
}
