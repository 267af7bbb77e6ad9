import MartletCore
import MartletIO

/// What the links of one client share on its loop.
final class LinkContext {
    let io: LoopIO
    let configuration: RedisConfiguration
    let name: String
    let formatter = CommandFormatter()
    let counters: RedisCounters
    let log: Logger
    private var attempts: [UInt64: RedisLink] = [:]
    private var lastAttempt: UInt64 = 0
    private var links: [RedisLink?] = []

    init(io: LoopIO, configuration: RedisConfiguration, name: String, counters: RedisCounters) {
        self.io = io
        self.configuration = configuration
        self.name = name
        self.counters = counters
        log = Logger(component: "redis")
    }

    var limits: RedisLimits { configuration.limits }
    var now: Int64 { io.now.monotonic }

    /// The token of a new attempt.
    func connect(_ link: RedisLink) -> UInt64 {
        lastAttempt += 1
        attempts[lastAttempt] = link
        io.connect(host: link.endpoint.host, port: link.endpoint.port, token: lastAttempt)
        return lastAttempt
    }

    func forget(attempt: UInt64) { attempts[attempt] = nil }
    func forget(_ stream: StreamID) { links[Int(stream.index)] = nil }

    func connected(_ stream: StreamID, token: UInt64) {
        // Nobody waits for an attempt that took too long.
        guard let link = attempts.removeValue(forKey: token) else { return io.reset(stream) }
        while links.count <= Int(stream.index) { links.append(nil) }
        links[Int(stream.index)] = link
        link.connected(stream)
    }

    func connectFailed(token: UInt64, error: Int32) {
        attempts.removeValue(forKey: token)?.lost(.connectionLost(describe(error: error)))
    }

    func received(_ stream: StreamID, _ bytes: RawSpan) { link(of: stream)?.received(bytes) }

    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {
        guard let link = link(of: stream) else { return }
        forget(stream)
        link.lost(.connectionLost(String(describing: reason)))
    }

    private func link(of stream: StreamID) -> RedisLink? {
        guard Int(stream.index) < links.count, let link = links[Int(stream.index)] else { return nil }
        return link.stream == stream ? link : nil
    }
}
