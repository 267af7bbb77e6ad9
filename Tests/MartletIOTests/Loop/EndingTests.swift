import MartletIO
import Testing

@Suite struct EndingTests {
    @Test func aPeerThatEndsItsHalfStillGetsItsAnswer() throws {
        let server = try TestLoop(.echo)
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.send("last words")
        client.endWriting()
        #expect(client.receiveAll() == Array("last words".utf8))
        #expect(server.waitForClose() == .endOfFile)
    }

    @Test func aHalfClosedPeerGetsAllOfALongAnswer() throws {
        let size = 2_000_000
        let answer = [UInt8](repeating: 5, count: size)
        let server = try TestLoop(
            ProbeBehaviour { probe, stream, bytes in
                probe.io.write(stream, answer.span)
                return bytes.byteCount
            }
        ) { $0.maxOutputBytes = 16 * 1024 * 1024 }
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen(), receiveBuffer: 4096)
        defer { client.end() }
        client.send("?")
        client.endWriting()
        #expect(client.receiveAll()?.count == size)
        #expect(server.waitForClose() == .endOfFile)
    }

    @Test func closeSendsWhatWasGatheredAndThenEnds() throws {
        let server = try TestLoop(
            ProbeBehaviour { probe, stream, bytes in
                probe.io.write(stream, Array("bye".utf8).span)
                probe.io.close(stream)
                #expect(probe.io.write(stream, Array("too late".utf8).span) == .gone)
                return 0
            })
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.send("input that nobody reads must not reset the connection")
        client.send("more of it")
        #expect(client.receiveAll() == Array("bye".utf8))
        client.end()
        #expect(server.waitForClose() == .local)
    }

    @Test func aClosedStreamWhosePeerStaysIsResetAfterTheLinger() throws {
        let server = try TestLoop { $0.lingerMilliseconds = 50 }
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        server.run { $0.io.close(stream) }
        #expect(client.receiveAll()?.isEmpty == true)
        #expect(server.waitForClose() == .local)
        #expect(server.run { $0.io.openStreams } == 0)
    }

    @Test func aClosedStreamWhosePeerDoesNotReadIsReset() throws {
        let server = try TestLoop { configuration in
            configuration.lingerMilliseconds = 50
            configuration.maxOutputBytes = 32 * 1024 * 1024
        }
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen(), receiveBuffer: 4096)
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        server.run { probe in
            probe.io.write(stream, [UInt8](repeating: 1, count: 2_000_000).span)
            probe.io.close(stream)
        }
        #expect(server.waitForClose() == .local)
    }

    @Test func resetIsAReset() throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        let stream = try #require(server.acceptedStreams(1).first)
        server.run { $0.io.reset(stream) }
        #expect(client.receiveSome() == nil)
        #expect(server.waitForClose() == .local)
    }

    @Test func aPeersResetIsTold() throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        _ = server.acceptedStreams(1)
        client.reset()
        #expect(server.waitForClose() == .reset)
    }

    @Test func callsOnAStreamThatIsGoneDoNothing() throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        client.end()
        #expect(server.waitForClose() == .endOfFile)
        let streams =
            server.acceptedStreams(1) + [StreamID(index: 99_999, generation: 1), StreamID(index: 0, generation: 0)]
        for stream in streams {
            server.run { probe in
                probe.io.close(stream)
                probe.io.reset(stream)
                probe.io.pauseReading(stream)
                probe.io.resumeReading(stream)
                #expect(probe.io.write(stream, [1].span) == .gone)
                #expect(probe.io.pendingOutputBytes(of: stream) == 0)
                #expect(probe.io.peerAddress(of: stream) == nil)
            }
        }
    }

    /// The row of a stream that ended is used again while things for the old one are still under way.
    @Test func lateEventsForAPredecessorDoNotReachItsSuccessor() throws {
        var behaviour = ProbeBehaviour.echo
        // The first moment at which the row is free: a late answer to the old stream, from the handler.
        behaviour.closed = { probe, stream in probe.io.write(stream, Array("stale".utf8).span) }
        let server = try TestLoop(behaviour) { $0.maxConnections = 1 }
        defer { server.loop.stop() }
        let port = try server.listen()
        var streams: [StreamID] = []
        for round in 1...50 {
            let client = try TestSocket(port: port)
            streams = server.acceptedStreams(round)
            if round > 1 {
                let old = streams[round - 2]
                server.run { probe in
                    _ = probe.io.write(old, Array("stale".utf8).span)
                    probe.io.reset(old)
                    probe.io.close(old)
                }
            }
            client.send("fresh")
            #expect(client.receive(exactly: 5) == Array("fresh".utf8))
            // Bytes that the handler is still to answer when the connection is reset under it.
            client.send([UInt8](repeating: 1, count: 100_000))
            client.reset()
            #expect(server.recorder.wait { $0.count { $0.closeReason != nil } == round })
        }
        #expect(Set(streams.map(\.index)).count == 1, "one row, used again")
        #expect(Set(streams.map(\.generation)).count == 50)
        let ends = server.recorder.events.compactMap { if case .closed(let stream, _) = $0 { stream } else { nil } }
        #expect(ends == streams, "each ended once, in turn")
    }

    /// A write of the old stream that the kernel never took ends with its stream, not in the new one.
    @Test func aPendingWriteDiesWithItsStream() throws {
        let server = try TestLoop { configuration in
            configuration.maxConnections = 1
            configuration.maxOutputBytes = 32 * 1024 * 1024
        }
        defer { server.loop.stop() }
        let port = try server.listen()
        for round in 1...5 {
            let client = try TestSocket(port: port, receiveBuffer: 4096)
            let stream = try #require(server.acceptedStreams(round).last)
            server.run { probe in
                _ = probe.io.write(stream, [UInt8](repeating: UInt8(round), count: 2_000_000).span)
            }
            #expect(server.waitUntil { $0.partialWrites.current >= UInt64(round) })
            let first = client.receive(exactly: 1000)
            #expect(first.count == 1000 && first.allSatisfy { $0 == UInt8(round) })
            server.run { $0.io.reset(stream) }
            #expect(server.recorder.wait { $0.count { $0.closeReason != nil } == round })
            client.end()
        }
    }
}
