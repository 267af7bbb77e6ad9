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
    let metrics = GatewayMetrics()
    private let runningCoordinator: RunningCoordinator
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
        runningCoordinator = RunningCoordinator(
            id: "dev-\(randomBytes(4).map { String($0, radix: 16) }.joined())", store: engine.cluster,
            configuration: CoordinatorConfiguration(slots: configuration.engine.slotCount), logger: logger)
        supervisor = try SerialWorker(name: "supervisor")
    }

    func start() throws {
        try runningCoordinator.start()
        for number in 1...configuration.nodes { try add(DevCluster.name(number), weight: 1) }
    }

    func stop() {
        for node in nodes.withLock({ Array($0.values) }) { node.gateway.stop() }
        supervisor.stop()
        runningCoordinator.stop()
        engine.close()
    }

    static func name(_ number: Int) -> NodeID { NodeID("node-\(number)")! }

    var coordinator: Coordinator { runningCoordinator.coordinator }

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
