import MartletCoordinator
import MartletCore
import MartletEmbedded
import MartletGateway
import MartletIO
import Synchronization

/// How `martlet dev` was asked to run.
struct DevConfiguration: Sendable {
    var nodes = 3
    var loops = 1
    var host = "127.0.0.1"
    /// Clients' ports are this and the following; 0: any free ones.
    var firstPort = 8001
    var engine: EmbeddedConfiguration
    var limits = Limits()
    var freeRate = RateLimit.free
    var paidRate = RateLimit.paid
    var tokenSecret: [UInt8]
    var allowedOrigins: [String] = []
    var echo = false
}

/// A whole cluster in one process: the embedded engine, a coordinator, and gateways that talk to each other over real
/// links on loopback. What an operator may do to it goes through here.
final class DevCluster: Sendable {
    let configuration: DevConfiguration
    let engine: EmbeddedEngine
    let coordinator: Coordinator
    let metrics = GatewayMetrics()
    private let coordinatorLoop: EventLoop<WorkLoop>
    /// Starts nodes again whose lease was lost; stopping one may take seconds, so it has a thread of its own.
    private let supervisor: SerialWorker
    private let nodes = Mutex<[NodeID: DevNode]>([:])
    private let linkSecret = randomBytes(32)
    private let logger = Logger(component: "dev")

    struct DevNode: Sendable {
        var gateway: Gateway
        var weight: Int
        /// Monotonic milliseconds until which its loops stand still.
        var pausedUntil: Int64 = 0
    }

    init(_ configuration: DevConfiguration) throws {
        self.configuration = configuration
        engine = try EmbeddedEngine.open(configuration.engine)
        let holder = CoordinatorHolder()
        var tick = LoopConfiguration()
        tick.tickMilliseconds = 50
        let loop = EventLoop(
            name: "coordinator", configuration: tick,
            factory: { WorkLoop { now in holder.coordinator?.tick(now: now) } })
        coordinatorLoop = loop
        supervisor = try SerialWorker(name: "supervisor")
        let logger = logger
        coordinator = Coordinator(
            id: "dev-\(randomBytes(4).map { String($0, radix: 16) }.joined())", store: engine.cluster,
            configuration: CoordinatorConfiguration(slots: configuration.engine.slotCount),
            post: { work in loop.post(work) }, note: { DevCluster.log($0, logger) })
        holder.set(coordinator)
    }

    /// What the coordinator tells, as a line that an operator can search for.
    private static func log(_ event: CoordinatorEvent, _ logger: Logger) {
        switch event {
        case .leads(let term): logger.info("this coordinator leads", [.epoch: LogValue(term)])
        case .follows(let leader, let term):
            logger.info("another coordinator leads", [.name: LogValue(leader), .epoch: LogValue(term)])
        case .storeFailed(let error):
            logger.warning("the coordinator cannot reach the store", [.error: LogValue("\(error)")])
        case .joined(let node): logger.info("node joined", [.node: LogValue(node)])
        case .gone(let node, let departure):
            logger.info("node is gone", [.node: LogValue(node), .reason: LogValue(DevCluster.text(departure))])
        case .published(let version, let reassigned, let moving, let unowned):
            logger.info(
                "cluster map published",
                [
                    .version: LogValue(version), .count: LogValue(reassigned),
                    .state: LogValue("\(moving) moving, \(unowned) unowned"),
                ])
        case .publishRefused(let version):
            logger.warning("cluster map refused: another leader published", [.version: LogValue(version)])
        }
    }

    private static func text(_ departure: CoordinatorEvent.Departure) -> String {
        switch departure {
        case .left: "left, or found dead by a peer"
        case .leaseEnded(let age): "lease ended, last renewed \(age) ms ago"
        case .replaced: "another incarnation has its name"
        case .forgotten: "not in the store any more"
        }
    }

    func start() throws {
        try coordinatorLoop.start()
        let coordinator = coordinator
        coordinatorLoop.post { coordinator.start() }
        for number in 1...configuration.nodes { try add(DevCluster.name(number), weight: 1) }
    }

    func stop() {
        for node in nodes.withLock({ Array($0.values) }) { node.gateway.stop() }
        coordinator.stop()
        supervisor.stop()
        coordinatorLoop.stop()
        engine.close()
    }

    static func name(_ number: Int) -> NodeID { NodeID("node-\(number)")! }

    // MARK: nodes

    var gateways: [Gateway] {
        nodes.withLock { $0.values.map(\.gateway) }.sorted { $0.id < $1.id }
    }

    /// Any gateway that answers: for questions that every node can answer.
    var anyGateway: Gateway? {
        let now = Clock.monotonicMilliseconds
        return nodes.withLock { nodes in
            nodes.values.filter { $0.pausedUntil <= now }.map(\.gateway).min { $0.id < $1.id }
        }
    }

    func isPaused(_ id: NodeID) -> Bool {
        nodes.withLock { $0[id].map { $0.pausedUntil > Clock.monotonicMilliseconds } ?? false }
    }

    func has(_ id: NodeID) -> Bool { nodes.withLock { $0[id] != nil } }

    /// The first name that no node has.
    func freeName() -> NodeID {
        nodes.withLock { nodes in
            (1...).lazy.map(DevCluster.name).first { nodes[$0] == nil }!
        }
    }

    func add(_ id: NodeID, weight: Int) throws {
        var gateway = GatewayConfiguration(id: id, linkSecret: linkSecret, tokenSecret: configuration.tokenSecret)
        gateway.weight = weight
        gateway.loops = configuration.loops
        gateway.limits = configuration.limits
        gateway.freeRate = configuration.freeRate
        gateway.paidRate = configuration.paidRate
        gateway.allowsWeakSecrets = true
        gateway.allowedOrigins = configuration.allowedOrigins
        gateway.echo = configuration.echo
        gateway.clientHost = configuration.host
        gateway.clientPort = port(of: id)
        let node = try Gateway(
            gateway,
            engine: GatewayEngine(
                log: engine.log, mailboxes: engine.mailboxes, presence: engine.presence, cluster: engine.cluster),
            metrics: metrics, ended: { [weak self] in self?.ended(id, $0) })
        nodes.withLock { $0[id] = DevNode(gateway: node, weight: weight) }
        do {
            try node.start()
        } catch {
            nodes.withLock { $0[id] = nil }
            throw error
        }
    }

    /// The ports of `node-1`, `node-2`… follow each other, so that addresses survive a restart; others take any.
    private func port(of id: NodeID) -> Int {
        guard configuration.firstPort != 0, id.description.hasPrefix("node-"),
            let number = Int(id.description.dropFirst(5)), (1...99).contains(number)
        else { return 0 }
        return configuration.firstPort + number - 1
    }

    /// A node whose lease is gone joins again as another incarnation.
    private func ended(_ id: NodeID, _ reason: GatewayEnd) {
        guard reason == .leaseLost else { return }
        supervisor.submit { [weak self] in self?.restart(id) }
    }

    private func restart(_ id: NodeID) {
        guard let node = nodes.withLock({ $0.removeValue(forKey: id) }) else { return }
        node.gateway.stop()
        do {
            try add(id, weight: node.weight)
        } catch {
            logger.error("cannot start the node again", [.node: LogValue(id), .reason: LogValue("\(error)")])
        }
    }

    /// What a SIGKILL of a process of its own would do.
    func kill(_ id: NodeID) -> Bool {
        guard let node = nodes.withLock({ $0.removeValue(forKey: id) }) else { return false }
        node.gateway.kill()
        return true
    }

    func pause(_ id: NodeID, milliseconds: Int64) -> Bool {
        let gateway = nodes.withLock { nodes in
            nodes[id]?.pausedUntil = Clock.monotonicMilliseconds + milliseconds
            return nodes[id]?.gateway
        }
        gateway?.pause(milliseconds: UInt64(milliseconds))
        return gateway != nil
    }
}

/// Ties the coordinator to the loop that ticks it; each needs the other to be made.
private final class CoordinatorHolder: Sendable {
    private let value = Mutex<Coordinator?>(nil)
    var coordinator: Coordinator? { value.withLock { $0 } }
    func set(_ coordinator: Coordinator) { value.withLock { $0 = coordinator } }
}
