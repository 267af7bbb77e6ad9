import MartletCore
import MartletIO

enum RedisLoopMessage: Sendable {
    case one(RedisRequest)
    case many([RedisRequest])
    case subscribe([UInt8], SubscriptionLink.Heard)
    case observe(@Sendable (RedisEndpoint) -> Void)
}

/// The client on its loop's thread.
final class RedisLoop: LoopHandler {
    private let configuration: RedisConfiguration
    private let name: String
    private let counters: RedisCounters
    private let readiness: Readiness
    /// Made in `started`, the first call.
    private var context: LinkContext!
    private var router: Router!
    private var subscriptions: SubscriptionLink!
    private var observers: [@Sendable (RedisEndpoint) -> Void] = []
    private var isStopping = false
    private var lastTick = Int64.max
    private var wasHeldUp = false

    init(configuration: RedisConfiguration, name: String, counters: RedisCounters, readiness: Readiness) {
        self.configuration = configuration
        self.name = name
        self.counters = counters
        self.readiness = readiness
    }

    func started(_ io: LoopIO) {
        let context = LinkContext(io: io, configuration: configuration, name: name, counters: counters)
        let router = Router(context: context) { [unowned self] in connected($0) }
        self.context = context
        self.router = router
        subscriptions = SubscriptionLink(context: context) { router.topology.anyEndpoint }
        router.topology.start()
    }

    private func connected(_ endpoint: RedisEndpoint) {
        for observer in observers { observer(endpoint) }
        lookAtReadiness()
        subscriptions.connectNow()
    }

    func messages(_ batch: inout [RedisLoopMessage]) {
        for message in batch {
            switch message {
            case .one(let request): take(request)
            case .many(let requests): for request in requests { take(request) }
            case .subscribe(let channel, let heard): subscriptions.subscribe(channel, heard)
            case .observe(let observer): observers.append(observer)
            }
        }
    }

    private func take(_ request: RedisRequest) {
        if isStopping { return request.done(.failure(.closed)) }
        router.send(request)
    }

    func ticked(_ now: Now) {
        if isStopping || isHeldUp(now.monotonic) { return }
        router.ticked(now.monotonic)
        subscriptions.ticked(now.monotonic)
        lookAtReadiness()
    }

    /// A tick that comes much too late: this thread was kept from running, and what the servers answered meanwhile is to
    /// be read before anything counts as overdue. Not twice in a row, for then nothing ever would.
    private func isHeldUp(_ now: Int64) -> Bool {
        defer { lastTick = now }
        wasHeldUp = !wasHeldUp && now - lastTick > RedisLoop.lateMilliseconds
        return wasHeldUp
    }

    private static let lateMilliseconds: Int64 = 100

    private func lookAtReadiness() {
        if router.topology.isReady {
            readiness.set(.ready)
        } else if let refusal = router.topology.refusal {
            readiness.set(.refused(refusal))
        } else {
            readiness.set(.connecting)
        }
    }

    func stopping() {
        isStopping = true
        subscriptions.end()
        router.stop()
    }

    func accepted(_ stream: StreamID, listener: Int) {}
    func drained(_ stream: StreamID) {}
    func willFlush() {}
    func connected(_ stream: StreamID, token: UInt64) { context.connected(stream, token: token) }
    func connectFailed(token: UInt64, error: Int32) { context.connectFailed(token: token, error: error) }
    func closed(_ stream: StreamID, _ reason: StreamCloseReason) { context.closed(stream, reason) }

    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        context.received(stream, bytes.bytes)
        return bytes.byteCount
    }
}
