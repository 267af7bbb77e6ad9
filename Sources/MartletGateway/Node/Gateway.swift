public import MartletCore
import MartletIO

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
        let context = NodeContext(configuration, engine: engine, metrics: metrics, ended: ended)
        self.context = context
        loops = (0..<configuration.loops).map { index in
            EventLoop(
                name: "\(configuration.id)/\(index)", configuration: configuration.loopConfiguration,
                factory: { GatewayLoop(node: context, index: index) })
        }
        context.setLoops(loops)
    }

    public var id: NodeID { context.id }
    public var incarnation: UInt64 { context.incarnation }

    /// host:port, once started; ports that were 0 are the chosen ones.
    public var clientAddress: String { context.addresses.clients }
    public var linkAddress: String { context.addresses.links }

    public func start() throws {
        for loop in loops { try loop.start() }
    }

    /// Says goodbye: leaves the cluster, closes connections with "reconnect", ends the loops. Waits for them.
    public func stop() {
        for loop in loops { loop.post(.closeAll(.unavailable, reason: "this gateway stops")) }
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

    /// Who of `users` is online, as this node knows it. `answer` comes once, on any thread.
    public func presence(of users: [Key], answer: @escaping @Sendable (Result<[UserPresence], PortError>) -> Void) {
        let outcome = loops[0].post(.presenceQuestion(PresenceQuestion(users: users, answer: answer)))
        if outcome != .posted { answer(.failure(.closed)) }
    }
}

/// A configuration that a gateway refuses to start with.
public struct GatewayError: Error, CustomStringConvertible {
    public let description: String
}

extension GatewayConfiguration {
    static let minSecretBytes = 32

    func check() throws(GatewayError) {
        guard (1...256).contains(loops) else { throw GatewayError(description: "loops must be 1 to 256, is \(loops)") }
        guard weight >= 1 else { throw GatewayError(description: "weight must be at least 1, is \(weight)") }
        do {
            _ = try TokenVerifier(secret: tokenSecret, requireStrongSecret: !allowsWeakSecrets)
        } catch {
            throw GatewayError(description: "token secret: \(error.reason)")
        }
        if allowsWeakSecrets { return }
        for (name, secret) in [("token secret", tokenSecret), ("link secret", linkSecret)]
        where secret.count < Self.minSecretBytes {
            throw GatewayError(description: "the \(name) must have at least \(Self.minSecretBytes) bytes")
        }
    }

    var loopConfiguration: LoopConfiguration {
        var loop = LoopConfiguration()
        loop.tickMilliseconds = 10
        loop.maxConnections = limits.connectionsPerNode
        // Half a frame: of a client, whose parser has its own and smaller bound, or of a link, which carries whole pages.
        loop.maxHeldBytes = max(limits.maxFrameBytes, limits.syncPageBytes + 2 * limits.maxFrameBytes) + 16
        loop.maxOutputBytes = limits.linkWindowBytes * 2
        return loop
    }
}
