import MartletCore
import MartletIO
import Synchronization

@testable import MartletGateway

/// A way to a link port that a test can cut, or stop up. Lives on a loop of its own.
final class LinkProxy: Sendable {
    private let loop: EventLoop<ProxyLoop>
    private let started = Awaited<UInt16>()

    init(to port: UInt16) throws {
        let started = started
        loop = EventLoop(name: "proxy", factory: { ProxyLoop(target: port, started: { started.set($0) }) })
        try loop.start()
    }

    var port: UInt16 { started.get()! }

    /// Resets all that goes through it; later connections are let through.
    func cut() { loop.post(.cut) }
    /// Passes nothing on, so that what is sent piles up; later connections too.
    func stopUp() { loop.post(.stopUp) }
    func open() { loop.post(.open) }
    func end() { loop.kill() }
}

enum ProxyCommand: Sendable { case cut, stopUp, open }

final class ProxyLoop: LoopHandler {
    typealias Message = ProxyCommand

    private let target: UInt16
    private let started: @Sendable (UInt16) -> Void
    private var io: LoopIO!
    private var other: [StreamID: StreamID] = [:]
    private var waiting: [UInt64: StreamID] = [:]
    private var nextToken: UInt64 = 0
    private var isStoppedUp = false

    init(target: UInt16, started: @escaping @Sendable (UInt16) -> Void) {
        self.target = target
        self.started = started
    }

    func started(_ io: LoopIO) {
        self.io = io
        started((try? io.listen(address: "127.0.0.1", port: 0, listener: 0)) ?? 0)
    }

    func accepted(_ stream: StreamID, listener: Int) {
        io.pauseReading(stream)
        nextToken += 1
        waiting[nextToken] = stream
        io.connect(host: "127.0.0.1", port: target, token: nextToken)
    }

    func connected(_ stream: StreamID, token: UInt64) {
        guard let inner = waiting.removeValue(forKey: token) else { return io.reset(stream) }
        other[stream] = inner
        other[inner] = stream
        if isStoppedUp { io.pauseReading(stream) } else { io.resumeReading(inner) }
    }

    func connectFailed(token: UInt64, error: Int32) {
        if let inner = waiting.removeValue(forKey: token) { io.reset(inner) }
    }

    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        if let out = other[stream] { io.write(out, bytes.bytes) }
        return bytes.byteCount
    }

    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {
        waiting = waiting.filter { $0.value != stream }
        guard let out = other.removeValue(forKey: stream) else { return }
        other[out] = nil
        if reason == .endOfFile || reason == .local { io.close(out) } else { io.reset(out) }
    }

    func messages(_ batch: inout [ProxyCommand]) {
        for command in batch {
            switch command {
            case .cut: for stream in other.keys { io.reset(stream) }
            case .stopUp:
                isStoppedUp = true
                for stream in other.keys { io.pauseReading(stream) }
            case .open:
                isStoppedUp = false
                for stream in other.keys { io.resumeReading(stream) }
            }
        }
    }

    func drained(_ stream: StreamID) {}
    func ticked(_ now: Now) {}
    func willFlush() {}
    func stopping() {}
}

/// A cluster store that puts a proxy before the link address of each node that registers.
final class ProxiedClusterStore: ClusterStore {
    private let store: any ClusterStore
    private let isProxied: Bool
    private let proxies = Mutex<[NodeID: LinkProxy]>([:])
    private let refusal = Mutex<(count: Int, error: PortError)>((0, .unavailable))

    init(_ store: any ClusterStore, isProxied: Bool) {
        self.store = store
        self.isProxied = isProxied
    }

    /// The way to the link port of that node. The node with the smaller id dials.
    func proxy(_ id: NodeID) -> LinkProxy? { proxies.withLock { $0[id] } }

    func end() { for proxy in proxies.withLock({ Array($0.values) }) { proxy.end() } }

    func register(_ node: NodeRegistration, done: @escaping @Sendable (Result<NodeRow, RegistrationError>) -> Void) {
        var node = node
        if isProxied {
            let target = splitAddress(node.linkAddress).port
            let port = proxies.withLock { proxies in
                if proxies[node.id] == nil { proxies[node.id] = try? LinkProxy(to: target) }
                return proxies[node.id]?.port ?? 0
            }
            node.linkAddress = "127.0.0.1:\(port)"
        }
        store.register(node, done: done)
    }

    func renew(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (LeaseOutcome) -> Void) {
        store.renew(node, incarnation: incarnation, done: done)
    }
    func leave(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        store.leave(node, incarnation: incarnation, done: done)
    }
    func reportDead(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        store.reportDead(node, incarnation: incarnation, done: done)
    }
    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        store.setDraining(node, draining, done: done)
    }
    func report(
        _ reports: [SlotReport], from node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void
    ) {
        let error = refusal.withLock { refusal in
            defer { if refusal.count > 0 { refusal.count -= 1 } }
            return refusal.count > 0 ? refusal.error : nil
        }
        if let error { return done(error) }
        store.report(reports, from: node, incarnation: incarnation, done: done)
    }

    /// The next reports of slots fail, so many calls of them.
    func refuseReports(_ count: Int, _ error: PortError) { refusal.withLock { $0 = (count, error) } }

    func lead(
        _ candidate: String, ttlMilliseconds: Int64, done: @escaping @Sendable (Result<Leadership, PortError>) -> Void
    ) { store.lead(candidate, ttlMilliseconds: ttlMilliseconds, done: done) }
    func resign(_ candidate: String, done: @escaping @Sendable (PortError?) -> Void) {
        store.resign(candidate, done: done)
    }
    func snapshot(done: @escaping @Sendable (Result<ClusterSnapshot, PortError>) -> Void) { store.snapshot(done: done) }
    func publish(_ map: ClusterMap, term: UInt64, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        store.publish(map, term: term, done: done)
    }
    func map(done: @escaping @Sendable (Result<ClusterMap?, PortError>) -> Void) { store.map(done: done) }
    func watch(_ changed: @escaping @Sendable () -> Void) { store.watch(changed) }
}
