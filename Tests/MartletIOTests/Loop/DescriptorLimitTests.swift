import Glibc
import Testing

@testable import MartletIO

@Suite struct DescriptorLimitTests {
    /// In a process of its own, since the limit is the process's: at the limit one connection is turned away, the
    /// others wait, the loop does not turn in a circle, streams that are there go on, and when descriptors are free
    /// again those that waited are served.
    @Test func acceptingPausesAndGoesOn() async {
        await #expect(processExitsWith: .success) {
            let server = try TestLoop(.echo) { $0.acceptPauseMilliseconds = 50 }
            let port = try server.listen()
            let early = try TestSocket(port: port)
            _ = server.acceptedStreams(1)
            let waiting = try (0..<8).map { _ in try UnconnectedSocket(port: port) }
            let ballast = takeAllDescriptors()
            for socket in waiting { try socket.connect() }
            try #require(server.waitUntil { $0.acceptPauses.current >= 3 })
            try #require(server.loop.counters.iterations.current < 100_000)
            early.send("still")
            try #require(early.receive(exactly: 5) == Array("still".utf8))
            for descriptor in ballast { close(descriptor) }
            let served = waiting.filter { $0.echoes() }
            try #require(served.count >= 1)
            try #require(served.count + Int(server.loop.counters.refused.current) == waiting.count)
            server.loop.stop()
        }
    }
}

/// Lowers the limit and opens descriptors until there are no more.
private func takeAllDescriptors() -> [Int32] {
    var limit = rlimit(rlim_cur: 64, rlim_max: 64)
    unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var taken: [Int32] = []
    while true {
        let descriptor = dup(0)
        if descriptor < 0 { return taken }
        taken.append(descriptor)
    }
}
