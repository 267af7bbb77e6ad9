import MartletIO
import Testing

/// A toy framing: one byte of length, then as many bytes. Records whole frames.
private let frames = ProbeBehaviour { probe, stream, bytes in
    var consumed = 0
    let all = bytes.array
    while consumed < all.count, consumed + 1 + Int(all[consumed]) <= all.count {
        let end = consumed + 1 + Int(all[consumed])
        probe.recorder.record(.received(stream, Array(all[consumed + 1..<end])))
        consumed = end
    }
    return consumed
}

private func receivedFrames(_ events: [ProbeEvent]) -> [[UInt8]] {
    events.compactMap { if case .received(_, let bytes) = $0 { bytes } else { nil } }
}

@Suite struct InputTests {
    private let expected: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 9, count: 255), [4]]

    private var encoded: [UInt8] { expected.flatMap { [UInt8($0.count)] + $0 } }

    @Test(arguments: [1, 2, 3, 7, 100, 256, 1000])
    func framesSurviveAnySplit(_ size: Int) throws {
        let server = try TestLoop(frames)
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.noDelay()
        for start in stride(from: 0, to: encoded.count, by: size) {
            client.send(Array(encoded[start..<min(start + size, encoded.count)]))
        }
        #expect(server.recorder.wait { receivedFrames($0).count == 4 })
        #expect(receivedFrames(server.recorder.events) == expected)
    }

    @Test func everySplitIntoTwoReadsIsWhole() throws {
        let server = try TestLoop(frames)
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.noDelay()
        let short: [UInt8] = [3, 1, 2, 3, 0, 1, 5]
        for split in 1..<short.count {
            let before = server.loop.counters.bytesIn.current
            client.send(Array(short[..<split]))
            // The second half leaves only when the first was read for itself.
            #expect(server.waitUntil { $0.bytesIn.current == before + UInt64(split) })
            client.send(Array(short[split...]))
            #expect(server.recorder.wait { receivedFrames($0).count == 3 * split })
        }
        #expect(receivedFrames(server.recorder.events).suffix(3) == [[1, 2, 3], [], [5]])
    }

    @Test func heldInputGrowsWhereItLies() throws {
        let size = 60_000
        let server = try TestLoop(
            ProbeBehaviour { probe, stream, bytes in
                guard bytes.byteCount >= size else { return 0 }
                probe.recorder.record(.received(stream, bytes.array))
                return size
            })
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        client.noDelay()
        for start in stride(from: 0, to: size, by: 500) { client.send(Array(message[start..<start + 500])) }
        #expect(server.recorder.wait { !receivedFrames($0).isEmpty })
        #expect(receivedFrames(server.recorder.events).first == message)
    }

    @Test func moreThanTheLimitUnconsumedIsOverflow() throws {
        let server = try TestLoop(ProbeBehaviour { _, _, _ in 0 }) { $0.maxHeldBytes = 10_000 }
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.send([UInt8](repeating: 1, count: 10_000))
        #expect(server.waitUntil { $0.bytesIn.current == 10_000 })
        #expect(server.recorder.events.allSatisfy { $0.closeReason == nil }, "the limit itself is allowed")
        client.send([1])
        #expect(server.waitForClose() == .overflow)
        #expect(server.loop.counters.overflows.current == 1)
        #expect(client.receiveSome() == nil, "an overflow is a reset")
    }

    @Test func aPausedStreamIsNotReadUntilItResumes() throws {
        let server = try TestLoop(
            ProbeBehaviour { probe, stream, bytes in
                probe.recorder.record(.received(stream, bytes.array))
                probe.io.pauseReading(stream)
                return 1
            })
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.send("ab")
        #expect(server.recorder.wait { !receivedFrames($0).isEmpty })
        let stream = try #require(server.acceptedStreams(1).first)
        client.send("c")
        #expect(receivedFrames(server.recorder.events).count == 1)
        // Each resume brings what is held, without the peer sending anything; then what waits in the socket.
        server.run { $0.io.resumeReading(stream) }
        #expect(server.recorder.wait { receivedFrames($0).count >= 2 })
        server.run { $0.io.resumeReading(stream) }
        #expect(server.recorder.wait { receivedFrames($0).last == [UInt8(ascii: "c")] })
        #expect(receivedFrames(server.recorder.events).first == Array("ab".utf8))
    }

    @Test func bytesMayBeChangedInPlace() throws {
        let server = try TestLoop(
            ProbeBehaviour { probe, stream, bytes in
                for offset in 0..<bytes.byteCount {
                    let byte = unsafe bytes.bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                    bytes.storeBytes(of: byte ^ 0x20, toByteOffset: offset, as: UInt8.self)
                }
                probe.io.write(stream, bytes.bytes)
                return bytes.byteCount
            })
        defer { server.loop.stop() }
        let client = try TestSocket(port: try server.listen())
        defer { client.end() }
        client.send("SwifT")
        #expect(client.receive(exactly: 5) == Array("sWIFt".utf8))
    }
}
