import MartletCore
import MartletEmbedded
import MartletIO
import MartletProtocol

@testable import MartletGateway

/// The other end of a link, by hand: a node that is registered, and does and says what the test wants.
final class FakePeer {
    let identity: LinkIdentity
    /// By how much its answers to pings seem to have been on their way for longer.
    var pingDelay: UInt64 = 0
    private var socket: TestSocket
    private var buffer: [UInt8] = []
    private var frames: [LinkFrame] = []

    /// A registered node without a gateway behind it. It is in the next map.
    static func register(_ number: Int, in cluster: TestCluster, incarnation: UInt64 = 77) throws -> LinkIdentity {
        let id = TestCluster.id(number)
        let registered = Awaited<NodeRow>()
        cluster.engine.cluster.register(
            NodeRegistration(
                id: id, incarnation: incarnation, linkAddress: "127.0.0.1:1", clientAddress: "127.0.0.1:2")
        ) { if case .success(let row) = $0 { registered.set(row) } }
        guard registered.get() != nil else { throw TestCluster.Failure("\(id) cannot register") }
        return LinkIdentity(
            cluster: "martlet", node: id, incarnation: incarnation, secret: TestCluster.linkSecret)
    }

    /// Dials a gateway until the link is up: its map may not have the peer yet.
    init(_ identity: LinkIdentity, to number: Int, of cluster: TestCluster) throws {
        self.identity = identity
        let target = cluster.gateways.first { $0.id == TestCluster.id(number) }!
        let node = ClusterMap.Node(
            id: target.id, incarnation: target.incarnation, linkAddress: target.linkAddress, clientAddress: "",
            weight: 1, worker: 0, state: .up)
        let deadline = MartletIO.Clock.monotonicMilliseconds + 10_000
        while true {
            socket = try TestSocket(port: cluster.linkPort(number))
            buffer = []
            frames = []
            if shakeHands(LinkHandshake(dialling: node, identity: identity, nonce: randomBytes(32))) { return }
            guard MartletIO.Clock.monotonicMilliseconds < deadline else { throw TestCluster.Failure("no link") }
        }
    }

    private func shakeHands(_ handshake: LinkHandshake) -> Bool {
        var handshake = handshake
        say(handshake.hello)
        while let frame = nextRaw() {
            switch handshake.handle(frame) {
            case .send(let frames): for frame in frames { say(frame) }
            case .established:
                // Refused behind the proof where the gateway's map does not know the peer: a ping tells.
                say(.ping(4711))
                var early: [LinkFrame] = []
                while let frame = nextRaw() {
                    if frame == .pong(4711) {
                        frames = early + frames
                        return true
                    }
                    early.append(frame)
                }
                return false
            case .refuse: return false
            }
        }
        return false
    }

    func say(_ frame: LinkFrame) {
        var bytes: [UInt8] = []
        LinkCodec.encode(frame, into: &bytes)
        socket.send(bytes)
    }

    /// The next frame; nil: the link ended, or nothing came for ten seconds.
    private func nextRaw() -> LinkFrame? {
        while true {
            if !frames.isEmpty { return frames.removeFirst() }
            guard let more = socket.receiveSome(), !more.isEmpty else { return nil }
            buffer += more
            guard let decoded = unsafe try? LinkCodec.decode(buffer.span.bytes) else { return nil }
            buffer.removeFirst(decoded.consumed)
            frames = decoded.frames
        }
    }

    /// Frames until one that `pick` takes, for a minute; pings are answered.
    func wait<Value>(for pick: (LinkFrame) -> Value?) -> Value? {
        let deadline = MartletIO.Clock.monotonicMilliseconds + 60_000
        while MartletIO.Clock.monotonicMilliseconds < deadline, let frame = nextRaw() {
            if case .ping(let value) = frame { say(.pong(value - pingDelay)) }
            if let value = pick(frame) { return value }
        }
        return nil
    }

    /// Whether the gateway still answers.
    func isUp() -> Bool {
        say(.ping(9))
        return wait { $0 == .pong(9) ? true : nil } ?? false
    }

    func end() { socket.end() }
}
