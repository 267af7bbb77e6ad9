import MartletCore
import Testing

@testable import MartletIO

/// A loop that has nothing to do goes round when its handler wished it to.
@Suite struct GoRoundTests {
    /// Notes each flush from `milliseconds` after the wish on; no tick comes meanwhile.
    private func loop() throws -> TestLoop {
        var behaviour = ProbeBehaviour()
        behaviour.willFlush = { probe in
            if probe.counter > 0, probe.io.now.monotonic >= probe.counter { probe.recorder.record(.note("flush")) }
        }
        return try TestLoop(behaviour) { $0.tickMilliseconds = 600_000 }
    }

    private func wish(_ milliseconds: Int64, on server: TestLoop) {
        server.run { probe in
            probe.counter = Int(probe.io.now.monotonic + milliseconds)
            probe.io.goRound(within: milliseconds)
        }
    }

    @Test func aWishComesTrueOnceAndCanBeMadeAgain() throws {
        let server = try loop()
        defer { server.loop.stop() }
        wish(20, on: server)
        #expect(server.recorder.wait(for: .note("flush")))
        server.run { probe in probe.counter = 0 }
        let before = server.recorder.events.count { $0 == .note("flush") }
        wish(20, on: server)
        #expect(server.recorder.wait { $0.count { $0 == .note("flush") } > before })
    }

    @Test func aLaterWishDoesNotPutOffTheFirst() throws {
        let server = try loop()
        defer { server.loop.stop() }
        wish(20, on: server)
        server.run { probe in probe.io.goRound(within: 300_000) }
        #expect(server.recorder.wait(for: .note("flush")))
    }

    @Test func aLoopEndsWithAWishThatHasNotComeTrue() throws {
        let server = try loop()
        wish(300_000, on: server)
        server.loop.stop()
        #expect(server.recorder.events.last == .stopping)
    }
}
