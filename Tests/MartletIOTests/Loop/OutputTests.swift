import MartletIO
import Testing

@Suite struct OutputTests {
    /// Small buffers, so that a few hundred kilobytes fill them.
    private func makeLoop(_ behaviour: ProbeBehaviour = ProbeBehaviour()) throws -> TestLoop {
        try TestLoop(behaviour) { configuration in
            configuration.highMarkBytes = 64 * 1024
            configuration.lowMarkBytes = 16 * 1024
            configuration.maxOutputBytes = 32 * 1024 * 1024
            configuration.lingerMilliseconds = 500
        }
    }

    @Test func aSlowReaderFillsItsStreamAndDrainsIt() throws {
        let server = try makeLoop()
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen(), receiveBuffer: 4096)
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        let all = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        let outcome = server.run { $0.io.write(stream, all.span) }
        #expect(outcome == .aboveHighMark)
        #expect(server.waitUntil { $0.partialWrites.current > 0 })
        let pending = server.run { $0.io.pendingOutputBytes(of: stream) }
        #expect(pending > 64 * 1024)
        #expect(!server.recorder.events.contains(.drained(stream)))
        #expect(client.receive(exactly: all.count) == all)
        #expect(server.recorder.wait(for: .drained(stream)))
        #expect(server.recorder.events.count { $0.isDrained } == 1)
        #expect(server.run { $0.io.pendingOutputBytes(of: stream) } == 0)
    }

    @Test func whatIsWrittenBehindAFullStreamComesBehindIt() throws {
        let server = try makeLoop()
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen(), receiveBuffer: 4096)
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        let chunk = 300_000
        for value in 0..<4 {
            let bytes = [UInt8](repeating: UInt8(value), count: chunk)
            server.run { _ = $0.io.write(stream, bytes.span) }
        }
        for value in 0..<4 {
            let expected = [UInt8](repeating: UInt8(value), count: chunk)
            #expect(client.receive(exactly: chunk) == expected)
        }
    }

    @Test func drainedMayWriteAtOnce() throws {
        var behaviour = ProbeBehaviour()
        behaviour.drained = { probe, stream in
            probe.counter += 1
            if probe.counter < 5 { fill(probe, stream) } else { probe.io.close(stream) }
        }
        let server = try makeLoop(behaviour)
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        server.run { fill($0, stream) }
        #expect(client.receiveAll()?.count == 5 * 100_000)
    }

    @Test func anUnheededHighMarkEndsTheStream() throws {
        let server = try TestLoop { configuration in
            configuration.highMarkBytes = 64 * 1024
            configuration.maxOutputBytes = 1024 * 1024
        }
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen(), receiveBuffer: 4096)
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        let outcomes = server.run { probe in
            (0..<30).map { _ in probe.io.write(stream, hundredKilobytes.span) }
        }
        #expect(outcomes.contains(.aboveHighMark))
        #expect(outcomes.last == .gone)
        #expect(server.waitForClose() == .overflow)
    }

    @Test func aResetInTheMiddleOfAWriteIsToldOnce() throws {
        let server = try makeLoop()
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen(), receiveBuffer: 4096)
        let stream = try #require(server.acceptedStreams(1).first)
        server.run { probe in
            for _ in 0..<20 { _ = probe.io.write(stream, hundredKilobytes.span) }
        }
        #expect(server.waitUntil { $0.partialWrites.current > 0 })
        client.reset()
        #expect(server.waitForClose() == .reset)
        #expect(server.run { $0.io.openStreams } == 0)
        #expect(server.run { $0.io.write(stream, [1, 2, 3].span) } == .gone)
        #expect(server.recorder.events.count { $0.closeReason != nil } == 1)
    }

    @Test func writingToAPeerThatIsGoneEndsOnlyThatStream() throws {
        let server = try makeLoop(.echo)
        defer { server.loop.stop() }
        let port = try server.listen()
        let gone = try TestSocket(port: port)
        let other = try TestSocket(port: port)
        defer { other.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        server.run { $0.io.pauseReading(stream) }
        gone.reset()
        // Paused, the loop learns of the reset only by writing.
        server.run { _ = $0.io.write(stream, [1].span) }
        #expect(server.waitForClose() == .reset)
        other.send("still here")
        #expect(other.receive(exactly: 10) == Array("still here".utf8))
    }

    /// A loop that flushed after the poll only would send it with the next tick.
    @Test func whatATimerWritesGoesOutAtOnce() throws {
        let writtenAt = Answer<UInt64>()
        var behaviour = ProbeBehaviour()
        behaviour.ticked = { probe in
            guard let stream = probe.recorder.events.compactMap(\.acceptedStream).first, probe.counter == 0 else {
                return
            }
            probe.counter = 1
            probe.io.write(stream, Array("tick".utf8).span)
            writtenAt.set(probe.io.nanoseconds)
        }
        let server = try TestLoop(behaviour) { $0.tickMilliseconds = 1000 }
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        #expect(client.receive(exactly: 4) == Array("tick".utf8))
        #expect(Clock.monotonicNanoseconds - writtenAt.wait() < 500_000_000)
    }

    @Test func whatWillFlushWritesGoesOutWithTheFlush() throws {
        var behaviour = ProbeBehaviour { probe, stream, bytes in
            probe.counter = 1
            return bytes.byteCount
        }
        behaviour.willFlush = { probe in
            guard probe.counter == 1, let stream = probe.recorder.events.compactMap(\.acceptedStream).first else {
                return
            }
            probe.counter = 2
            probe.io.write(stream, Array("gathered".utf8).span)
        }
        let server = try makeLoop(behaviour)
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.send("?")
        #expect(client.receive(exactly: 8) == Array("gathered".utf8))
    }

    @Test func manySmallWritesAreOneSystemCall() throws {
        let server = try makeLoop()
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        let before = server.loop.counters.writes.current
        server.run { probe in
            for value in 0..<100 { _ = probe.io.write(stream, [UInt8(value)].span) }
        }
        #expect(client.receive(exactly: 100) == (0..<100).map { UInt8($0) })
        #expect(server.waitUntil { $0.writes.current > before })
        #expect(server.loop.counters.writes.current == before + 1)
    }

    @Test func whatAnIterationGathersIsBounded() throws {
        let server = try TestLoop { $0.maxGatheredBytes = 10_000 }
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        let largest = server.run { probe in
            (0..<100).map { _ in
                _ = probe.io.withOutput(of: stream) { $0.append(contentsOf: repeatElement(7, count: 1000)) }
                return probe.io.pendingOutputBytes(of: stream)
            }.max()
        }
        #expect(try #require(largest) <= 10_000)
        #expect(client.receive(exactly: 100_000).count == 100_000)
    }
}

private func fill(_ probe: Probe, _ stream: StreamID) {
    _ = probe.io.write(stream, hundredKilobytes.span)
}

private let hundredKilobytes = [UInt8](repeating: 1, count: 100_000)
