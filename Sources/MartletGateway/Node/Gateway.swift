public import MartletCore
import MartletIO
import Synchronization

/// One gateway node: holds the connections of clients (edge) and owns slots (home). Several may run in one process.
public final class Gateway: Sendable {
    public static let version = "0.1.0"

    private let context: NodeContext
    private let loops: [EventLoop<GatewayLoop>]

    /// Makes the node; nothing runs before `start`. `ended` is called at most once, on any thread.
    ///
    /// Throws `GatewayError` where the configuration is unsafe or cannot work.
    public init(
        _ configuration: GatewayConfiguration, engine: GatewayEngine, metrics: GatewayMetrics,
        ended: @escaping @Sendable (GatewayEnd) -> Void
    ) throws {
        try configuration.check()
        let context = NodeContext(
            configuration, engine: engine, metrics: metrics, beforeAccepted: try Gateway.failpoint(), ended: ended)
        self.context = context
        loops = (0..<configuration.loops).map { index in
            EventLoop(
                name: "\(configuration.id)/\(index)", configuration: configuration.loopConfiguration,
                factory: { GatewayLoop(node: context, index: index) })
        }
        context.setLoops(loops)
    }

    private static func failpoint() throws(GatewayError) -> Failpoint? {
        do throws(FailpointError) {
            guard let failpoint = try Failpoint.armed(at: Failpoint.beforeAccepted) else { return nil }
            Logger(component: "gateway").warning("a failpoint is armed: this process will kill itself")
            return failpoint
        } catch {
            throw GatewayError(description: error.description)
        }
    }

    public var id: NodeID { context.id }
    public var incarnation: UInt64 { context.incarnation }

    /// Where others reach it, once started; ports that were 0 are the chosen ones.
    public var clientAddress: String { context.addresses.clients }
    public var linkAddress: String { context.addresses.links }

    /// The ports that it listens on, once started.
    public var listeningPorts: (clients: Int, links: Int) { context.listeningPorts }

    /// How it stands now. On any thread.
    public var status: GatewayStatus { context.cells.status(connections: context.connections.load(ordering: .relaxed)) }

    /// Throws where a port cannot be listened on; nothing of the node is left then.
    public func start() throws {
        do {
            for loop in loops {
                try loop.start()
                if let failure = context.startFailure { throw failure }
            }
        } catch {
            kill()
            throw error
        }
    }

    /// Says goodbye: leaves the cluster, closes connections with "reconnect", ends the loops. Waits for them.
    public func stop() {
        for loop in loops { loop.postAlways(.closeAll(.unavailable, reason: "this gateway stops")) }
        for loop in loops { loop.stop() }
    }

    /// Drops loops and memory without a goodbye, and resets the sockets: what a SIGKILL would leave behind.
    public func kill() {
        for loop in loops { loop.kill() }
    }

    /// Its loops stop for a while, and wake with old state.
    public func pause(milliseconds: UInt64) {
        for loop in loops { loop.pause(milliseconds: milliseconds) }
    }

    /// Who of `users` is online, as this node knows it. `answer` comes once, on any thread; `closed` where the node
    /// ends before it has one.
    public func presence(of users: [Key], answer: @escaping @Sendable (Result<[UserPresence], PortError>) -> Void) {
        // Where the loop does not take it, the question answers itself.
        loops[0].post(.presenceQuestion(PresenceQuestion(users: users, answer: answer)))
    }
}

/// A configuration that a gateway refuses to start with.
public struct GatewayError: Error, CustomStringConvertible {
    public let description: String
}

extension GatewayConfiguration {
    /// What a gateway refuses to start with: weak secrets, and numbers that cannot work.
    public func check() throws(GatewayError) {
        guard (1...256).contains(loops) else { throw GatewayError(description: "loops must be 1 to 256, is \(loops)") }
        guard weight >= 1 else { throw GatewayError(description: "weight must be at least 1, is \(weight)") }
        for (name, port) in [("client", clientPort), ("link", linkPort)] where !(0...65_535).contains(port) {
            throw GatewayError(description: "the \(name) port must be 0 to 65535, is \(port)")
        }
        guard loopMailboxCapacity >= 1 else { throw GatewayError(description: "a loop must have room for a message") }
        guard drainReconnectsPerSecond >= 1 else {
            throw GatewayError(description: "a drain that sends nobody away would never end")
        }
        try limits.check()
        try check(tokenSecret, "token secret")
        try check(linkSecret, "link secret")
    }

    /// No secret may be empty, and outside `dev` none may be one that is guessed.
    private func check(_ secret: [UInt8], _ name: String) throws(GatewayError) {
        do throws(TokenKeyError) {
            if secret.isEmpty { throw .emptySecret }
            if !allowsWeakSecrets { try TokenKey.checkStrength(of: secret) }
        } catch {
            let fault =
                switch error {
                case .emptySecret: "is empty"
                case .shortSecret: "is shorter than \(TokenKey.minimumSecretBytes) bytes"
                case .defaultSecret: "is one that stands in examples"
                case .unusable: "cannot be used"
                }
            throw GatewayError(description: "the \(name) \(fault)")
        }
    }

    static let spareConnections = 1_024

    var loopConfiguration: LoopConfiguration {
        var loop = LoopConfiguration()
        loop.tickMilliseconds = 10
        loop.mailboxCapacity = loopMailboxCapacity
        // Beyond the node's cap a client still gets an answer, and links do not compete with clients.
        loop.maxConnections = limits.connectionsPerNode + Self.spareConnections
        // A link's batch may be as large as its window. A client's bytes are bounded by the frame parser before that.
        loop.maxHeldBytes = max(limits.linkWindowBytes, limits.maxFrameBytes * 2) + 16
        loop.maxOutputBytes = limits.linkWindowBytes * 2
        return loop
    }
}

extension Limits {
    /// Whether the limits fit together.
    func check() throws(GatewayError) {
        guard (1..<1 << 24).contains(connectionsPerNode) else {
            throw GatewayError(description: "connections per node must be 1 to 16777215, are \(connectionsPerNode)")
        }
        guard heartbeatMilliseconds >= 1, deadAfterMilliseconds > heartbeatMilliseconds else {
            throw GatewayError(description: "a connection must be pinged before it is taken for dead")
        }
        guard linkWindowBytes >= 2 * (syncPageBytes + maxFrameBytes) else {
            throw GatewayError(description: "the link window must hold a page and a frame twice")
        }
    }
}
