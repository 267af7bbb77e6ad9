import MartletCore
import MartletIO
import MartletProtocol
import Synchronization

/// What the loops of one node share: identity, configuration, engine, ids. Sendable, and off the message path but for
/// the making of ids.
final class NodeContext: Sendable {
    let configuration: GatewayConfiguration
    let engine: GatewayEngine
    let incarnation: UInt64
    let metrics: GatewayMetrics
    let logger: Logger
    /// For tests of crashes; nil, as ever: not armed.
    let beforeAccepted: Failpoint?
    /// Clients' connections of all loops.
    let connections = Atomic(0)
    let cells = StatusCells()
    let signals = SignalAllowances()
    private let hashSeed: UInt64
    private let state = Mutex(State())
    /// Told once, with the reason, when the node must end: its lease is lost, or it could not start.
    private let ended: @Sendable (GatewayEnd) -> Void

    private struct State: ~Copyable {
        var ids = SnowflakeGenerator()
        var worker = 0
        var clientPort = 0
        var linkPort = 0
        var loops: [EventLoop<GatewayLoop>] = []
        var listening = 0
        var startFailure: GatewayError?
        var hasEnded = false
    }

    init(
        _ configuration: GatewayConfiguration, engine: GatewayEngine, metrics: GatewayMetrics,
        beforeAccepted: Failpoint? = nil, ended: @escaping @Sendable (GatewayEnd) -> Void
    ) {
        self.configuration = configuration
        self.engine = engine
        self.metrics = metrics
        self.beforeAccepted = beforeAccepted
        logger = Logger(component: "gateway")
        self.ended = ended
        // Zero would read as "none" on the wire.
        hashSeed = MartletIO.randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
        incarnation = MartletIO.randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) } | 1
    }

    var id: NodeID { configuration.id }
    var limits: Limits { configuration.limits }
    var loops: Int { configuration.loops }

    var linkIdentity: LinkIdentity {
        LinkIdentity(
            cluster: configuration.cluster, node: id, incarnation: incarnation, secret: configuration.linkSecret)
    }

    // MARK: start

    /// Known before any loop starts.
    func setLoops(_ loops: [EventLoop<GatewayLoop>]) { state.withLock { $0.loops = loops } }
    func eventLoops() -> [EventLoop<GatewayLoop>] { state.withLock { $0.loops } }

    /// Opens the listeners of one loop: all share the clients' port, loop 0 has the links'. The first to listen on
    /// port 0 chooses it. The last one lets the node join the cluster.
    func listen(_ io: LoopIO, loop: Int) throws {
        let isLast = try state.withLock { state in
            let wanted = state.clientPort == 0 ? configuration.clientPort : state.clientPort
            state.clientPort = Int(
                try io.listen(
                    address: configuration.clientHost, port: UInt16(wanted),
                    listener: GatewayLoop.Listener.clients.rawValue, reusePort: configuration.loops > 1))
            if loop == 0 {
                state.linkPort = Int(
                    try io.listen(
                        address: configuration.linkHost, port: UInt16(configuration.linkPort),
                        listener: GatewayLoop.Listener.links.rawValue))
            }
            state.listening += 1
            return state.listening == configuration.loops
        }
        if isLast { eventLoops()[0].postAlways(.join) }
    }

    func failedToStart(_ reason: String) {
        logger.error("cannot start", [.reason: LogValue(reason)])
        state.withLock { $0.startFailure = GatewayError(description: "node \(id) cannot listen: \(reason)") }
        end(.cannotListen(reason))
    }

    var startFailure: GatewayError? { state.withLock { $0.startFailure } }

    func leaseLost() { end(.leaseLost) }
    func refused(setting: String, cluster: String, node: String) {
        end(.disagrees(setting: setting, cluster: cluster, node: node))
    }

    private func end(_ reason: GatewayEnd) {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        if isFirst { ended(reason) }
    }

    var listeningPorts: (clients: Int, links: Int) { state.withLock { ($0.clientPort, $0.linkPort) } }

    var addresses: (clients: String, links: String) {
        let ports = listeningPorts
        return (
            Self.address(configuration.advertisedClient, configuration.clientHost, ports.clients),
            Self.address(configuration.advertisedLink, configuration.linkHost, ports.links)
        )
    }

    /// What others are told of a listener, an IPv6 address in brackets.
    private static func address(_ advertised: (host: String, port: Int)?, _ host: String, _ port: Int) -> String {
        let shown = advertised?.host ?? host
        let shownPort = advertised.map { $0.port == 0 ? port : $0.port } ?? port
        return shown.contains(":") ? "[\(shown)]:\(shownPort)" : "\(shown):\(shownPort)"
    }

    var registration: NodeRegistration {
        let addresses = addresses
        return NodeRegistration(
            id: id, incarnation: incarnation, linkAddress: addresses.links, clientAddress: addresses.clients,
            weight: configuration.weight, version: Gateway.version,
            configurationHash: configuration.configurationHash, agreed: configuration.agreed)
    }

    // MARK: ids

    var worker: Int { state.withLock { $0.worker } }

    /// The worker id is good for a while after each renewal of the lease (design, section 4).
    func leaseWorker(_ worker: Int, now: Now) {
        state.withLock { state in
            state.worker = worker
            state.ids.install(worker: worker, validUntil: now.monotonic + Self.workerMilliseconds, now: now)
        }
    }

    /// Ten minutes less a margin: by then the store may give the id to another node.
    static let workerMilliseconds: Int64 = 9 * 60_000

    /// Nil: no id can be made now. Where the worker id is used up (its lease was not renewed for long, or the clock
    /// stepped back), a fresh one is asked for.
    private func makeID(_ now: Now) -> MessageID? {
        switch state.withLock({ $0.ids.next(now) }) {
        case .id(let id): return id
        case .wait: return nil
        case .needsWorker:
            eventLoops()[0].postAlways(.membership(.needsWorker))
            return nil
        }
    }

    // MARK: settings

    /// The machines of one slot. What nobody waits for is gathered: each step, acknowledgement and receipt costs about
    /// as much as a message. An acknowledgement must come well before `resendMilliseconds`.
    func makeHome(_ slot: Slot, slots: Int) -> HomeSlot {
        var tuning = SlotTuning()
        tuning.stepMilliseconds = 500
        tuning.acknowledgeAfterMilliseconds = 250
        tuning.forwardedMilliseconds = 1_000
        let machine = SlotMachine(
            slot: slot, slotCount: slots, generation: engine.log.generation, tuning: tuning,
            slotOf: { Slot(of: $0, slots: slots) })
        let sessions = HomeSessions(slot: slot, settings: homeSettings(slots: slots))
        return HomeSlot(machine: machine, sessions: sessions, makeID: { [unowned self] now in makeID(now) })
    }

    private func homeSettings(slots: Int) -> HomeSettings {
        var settings = HomeSettings(
            node: id, incarnation: incarnation, generation: engine.log.generation,
            slotOf: { Slot(of: $0, slots: slots) }, encodeBody: { FrameCodec.encodeBody($0) })
        settings.limits = limits
        settings.free = configuration.freeRate
        settings.paid = configuration.paidRate
        settings.hashSeed = hashSeed
        settings.receiptMilliseconds = 150
        settings.announceMilliseconds = 150
        return settings
    }

    /// One a loop: it is not Sendable.
    func makeVerifier() -> TokenVerifier {
        // The configuration was checked before the node was made.
        try! TokenVerifier(secret: configuration.tokenSecret, requireStrongSecret: !configuration.allowsWeakSecrets)
    }

    // MARK: cluster

    func report(_ reports: [SlotReport], done: @escaping @Sendable (PortError?) -> Void) {
        engine.cluster.report(reports, from: id, incarnation: incarnation, done: done)
    }

    func reportDead(_ peer: ClusterMap.Node) {
        logger.warning("peer is dead: its links broke and its port refuses", [.peer: LogValue(peer.id)])
        engine.cluster.reportDead(peer.id, incarnation: peer.incarnation) { _ in }
    }

    func randomBytes(_ count: Int) -> [UInt8] { MartletIO.randomBytes(count) }
}

/// Why a gateway ended without being asked.
public enum GatewayEnd: Sendable, Equatable {
    case cannotListen(String)
    /// Its lease is gone: another node may own its slots by now. It may join again as a new incarnation.
    case leaseLost
    /// The cluster's nodes have another value of a setting on which all must agree. Final until one of them changes.
    case disagrees(setting: String, cluster: String, node: String)
}
