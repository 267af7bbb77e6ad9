import MartletCore
import Testing

@testable import MartletIO

@Suite struct LifecycleTests {
    @Test func stopSaysGoodbyeAndEndsStreamsInOrder() throws {
        var behaviour = ProbeBehaviour()
        behaviour.stopping = { probe in
            for stream in probe.recorder.events.compactMap(\.acceptedStream) {
                probe.io.write(stream, Array("goodbye".utf8).span)
            }
        }
        let server = try TestLoop(behaviour)
        let client = try TestSocket(port: try server.listen())
        _ = server.acceptedStreams(1)
        let heard = Answer<[UInt8]?>()
        let reader = try NamedThread(name: "reader") {
            heard.set(client.receiveAll())
            client.end()
        }
        server.loop.stop()
        reader.join()
        #expect(heard.wait() == Array("goodbye".utf8))
        #expect(server.recorder.events.suffix(2) == [.stopping, server.recorder.events.last!])
        #expect(server.waitForClose() == .local)
        #expect(server.loop.post { _ in } == .ended)
        #expect(server.loop.counters.open.current == 0)
    }

    @Test func stopDoesNotWaitForPeersForEver() throws {
        let server = try TestLoop { configuration in
            configuration.stopMilliseconds = 50
            configuration.lingerMilliseconds = 60_000
        }
        let port = try server.listen()
        let clients = try (0..<10).map { _ in try TestSocket(port: port) }
        _ = server.acceptedStreams(10)
        server.loop.stop()
        #expect(server.recorder.events.count { $0.closeReason == .local } == 10)
        clients.forEach { $0.end() }
    }

    @Test func stopTwiceAndAfterKillIsHarmless() throws {
        let server = try TestLoop()
        server.loop.stop()
        server.loop.stop()
        server.loop.kill()
        let other = try TestLoop()
        other.loop.kill()
        other.loop.stop()
        #expect(other.loop.post { _ in } == .ended)
    }

    @Test func killResetsEverythingWithoutAWord() throws {
        let server = try TestLoop(.echo)
        let port = try server.listen()
        let clients = try (0..<20).map { _ in try TestSocket(port: port) }
        _ = server.acceptedStreams(20)
        let before = server.recorder.events
        server.loop.kill()
        for client in clients {
            #expect(client.receiveSome() == nil, "a reset, not an end")
            client.end()
        }
        #expect(server.recorder.events == before, "the handler hears nothing")
        #expect(throws: SocketError.self) { try TestSocket(port: port) }
    }

    @Test func killDropsWhatWasPosted() throws {
        let server = try TestLoop()
        let entered = Answer<Bool>()
        let go = Answer<Bool>()
        server.loop.post { _ in
            entered.set(true)
            _ = go.wait()
        }
        _ = entered.wait()
        server.loop.post { $0.recorder.record(.note("must not run")) }
        let killer = try NamedThread(name: "killer") { [loop = server.loop] in loop.kill() }
        while server.loop.post({ $0.recorder.record(.note("must not run")) }) != .ended {}
        go.set(true)
        killer.join()
        #expect(!server.recorder.events.contains(.note("must not run")))
    }

    @Test func aPausedLoopDoesNothingUntilItWakes() throws {
        let server = try TestLoop(.echo)
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        _ = server.acceptedStreams(1)
        let before = Clock.monotonicMilliseconds
        server.loop.pause(milliseconds: 200)
        client.send("?")
        #expect(client.receive(exactly: 1).count == 1)
        #expect(Clock.monotonicMilliseconds - before >= 200)
    }

    @Test func stopAndKillWakeAPausedLoop() throws {
        for end in [EventLoop<Probe>.stop, EventLoop<Probe>.kill] {
            let server = try TestLoop()
            let before = Clock.monotonicMilliseconds
            server.loop.pause(milliseconds: 60_000)
            end(server.loop)()
            #expect(Clock.monotonicMilliseconds - before < 30_000)
        }
    }

    @Test func timeGoesOn() throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        let first = server.run { $0.io.now }
        let second = server.run { $0.io.now }
        #expect(second.monotonic >= first.monotonic)
        #expect(abs(first.wall - Clock.wallMilliseconds) < 5_000)
    }

    @Test func aRowCostsWhatItMay() {
        let stride = unsafe MemoryLayout<Row>.stride
        #expect(stride <= 320)
    }
}
