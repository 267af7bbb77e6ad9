import MartletCore
import MartletIO
import MartletProtocol

/// The links of one node: one multiplexed, authenticated connection to each peer (design, section 1). They live on
/// loop 0. The node with the smaller id dials. Nothing durable rests on a link: when one breaks, the edges attach
/// their sessions again over the next.
final class Links {
    /// Redial back-off in milliseconds, and its cap.
    static let firstRetry: Int64 = 20
    static let lastRetry: Int64 = 1_000
    /// A link on which nothing was heard for this long is broken.
    static let silenceMilliseconds: Int64 = 3_000
    static let pingMilliseconds: Int64 = 250
    /// A ping that took this long came through a queue: the peer does not keep up. More sends would only wait in it, so
    /// their senders are told to come again.
    static let busyMilliseconds: Int64 = 1_000
    /// A batch of a stream whose other end has not proved itself. The frames of a handshake are below 300 bytes.
    static let handshakeBytes = 1_024
    /// Streams at once whose other end has not proved itself.
    static let maxStrangers = 256

    private unowned let loop: GatewayLoop
    private var peers: [NodeID: LinkPeer] = [:]
    /// Link streams by row index.
    private var streams: [StreamID: LinkStream] = [:]
    private var dialled: [UInt64: NodeID] = [:]
    private var nextToken: UInt64 = 1
    private var encoded: [UInt8] = []

    init(loop: GatewayLoop) { self.loop = loop }

    func owns(_ stream: StreamID) -> Bool { streams[stream] != nil }

    func isUp(_ node: NodeID) -> Bool { peers[node]?.stream != nil }

    // MARK: the map

    /// Follows the cluster map: links to nodes that are gone close, links to new ones are dialled.
    func follow(_ map: ClusterMap) {
        for (id, peer) in peers where map.node(id)?.incarnation != peer.node.incarnation {
            drop(peer, "left the cluster")
            peers[id] = nil
        }
        for node in map.nodes where node.id != loop.node.id && peers[node.id] == nil {
            peers[node.id] = LinkPeer(node: node, dials: loop.node.id < node.id)
        }
        tick()
    }

    func tick() {
        let now = loop.io.now.monotonic
        for peer in peers.values {
            if let stream = peer.stream {
                keepAlive(peer, stream, now)
            } else if peer.isDialling == false, (peer.dials || peer.wantsProbe), now >= peer.nextDial {
                dial(peer)
            }
        }
        // A stranger that connects and says nothing is not kept.
        let silent = streams.filter { $0.value.peer == nil && now - $0.value.since > Self.silenceMilliseconds }
        for stream in silent.keys { loop.io.reset(stream) }
    }

    private func keepAlive(_ peer: LinkPeer, _ stream: StreamID, _ now: Int64) {
        if now - peer.lastHeard > Self.silenceMilliseconds {
            loop.io.reset(stream)
        } else if now - peer.lastPing >= Self.pingMilliseconds {
            peer.lastPing = now
            write(.ping(UInt64(now)), to: stream)
        }
    }

    private func dial(_ peer: LinkPeer) {
        let token = nextToken
        nextToken += 1
        peer.isDialling = true
        peer.backOff(now: loop.io.now.monotonic)
        dialled[token] = peer.node.id
        let (host, port) = splitAddress(peer.node.linkAddress)
        loop.io.connect(host: host, port: port, token: token)
    }

    // MARK: streams

    func accepted(_ stream: StreamID) {
        guard streams.count - peers.count < Self.maxStrangers else {
            loop.node.metrics.refusedStrangers.add(1)
            return loop.io.reset(stream)
        }
        let handshake = LinkHandshake(
            accepting: loop.node.linkIdentity, nonce: loop.node.randomBytes(LinkHandshake.nonceBytes))
        streams[stream] = LinkStream(handshake: handshake, since: loop.io.now.monotonic)
    }

    func connected(_ stream: StreamID, token: UInt64) {
        guard let id = dialled.removeValue(forKey: token), let peer = peers[id] else { return loop.io.reset(stream) }
        guard peer.dials else {
            // Only a probe: it lives, and will dial by itself. It is looked at again until it has.
            peer.isDialling = false
            return loop.io.reset(stream)
        }
        let handshake = LinkHandshake(
            dialling: peer.node, identity: loop.node.linkIdentity,
            nonce: loop.node.randomBytes(LinkHandshake.nonceBytes))
        streams[stream] = LinkStream(handshake: handshake, since: loop.io.now.monotonic, dialled: id)
        write(handshake.hello, to: stream)
    }

    /// A port that refuses, of a node whose link just broke, is a death that needs no waiting (design, section 4).
    func connectFailed(token: UInt64, refused: Bool) {
        guard let id = dialled.removeValue(forKey: token), let peer = peers[id] else { return }
        peer.isDialling = false
        // An attempt that was under way when the peer came by itself says nothing.
        if refused && peer.wasUp && peer.stream == nil { loop.node.reportDead(peer.node) }
    }

    func received(_ stream: StreamID, _ bytes: RawSpan) -> Int {
        do {
            var consumed = 0
            // Batch by batch until the other end has proved itself: before that it is not believed a length.
            while streams[stream]?.peer == nil, let length = LinkCodec.batchBytes(bytes, at: consumed) {
                guard length <= Self.handshakeBytes else { throw LinkError.tooLong }
                guard bytes.byteCount - consumed >= length else { return consumed }
                consumed += try take(bytes.extracting(consumed..<consumed + length), stream)
                guard streams[stream] != nil else { return bytes.byteCount }
            }
            return consumed + (try take(bytes.extracting(consumed..<bytes.byteCount), stream))
        } catch {
            loop.node.logger.warning("link closed", [.reason: LogValue("\(error)")])
            loop.io.reset(stream)
            return bytes.byteCount
        }
    }

    private func take(_ bytes: RawSpan, _ stream: StreamID) throws(LinkError) -> Int {
        let (frames, consumed) = try LinkCodec.decode(bytes, limits: loop.node.limits)
        for frame in frames {
            guard streams[stream] != nil else { break }
            handle(frame, stream)
        }
        return consumed
    }

    func closed(_ stream: StreamID) {
        guard let row = streams.removeValue(forKey: stream) else { return }
        if let id = row.dialled { peers[id]?.isDialling = false }
        guard let id = row.peer, let peer = peers[id], peer.stream == stream else { return }
        peer.stream = nil
        setBusy(peer, false)
        peer.wantsProbe = true
        peer.nextDial = loop.io.now.monotonic
        loop.broadcast(.linkDown(id))
        loop.node.logger.info("link down", [.node: LogValue(loop.node.id), .peer: LogValue(id)])
        tick()
    }

    private func drop(_ peer: LinkPeer, _ reason: String) {
        setBusy(peer, false)
        guard let stream = peer.stream else { return }
        write(.bye(reason), to: stream)
        loop.io.close(stream)
    }

    // MARK: frames

    private func handle(_ frame: LinkFrame, _ stream: StreamID) {
        guard let id = streams[stream]?.peer else { return shakeHands(frame, stream) }
        peers[id]?.lastHeard = loop.io.now.monotonic
        switch frame {
        case .slot(let slot, let message): loop.deliver(message, to: slot, from: id)
        case .edge(let message): loop.deliver(message, from: id)
        case .ping(let value): write(.pong(value), to: stream)
        case .pong(let value): ponged(id, value)
        case .bye: loop.io.close(stream)
        case .hello, .challenge, .proof: loop.io.reset(stream)
        }
    }

    private func ponged(_ id: NodeID, _ value: UInt64) {
        guard let peer = peers[id] else { return }
        let isBusy = loop.io.now.monotonic - Int64(clamping: value) >= Self.busyMilliseconds
        guard isBusy != peer.isBusy else { return }
        setBusy(peer, isBusy)
        let text: StaticString = isBusy ? "a peer does not keep up" : "a peer keeps up again"
        loop.node.logger.info("\(text)", [.node: LogValue(loop.node.id), .peer: LogValue(id)])
    }

    private func setBusy(_ peer: LinkPeer, _ isBusy: Bool) {
        guard isBusy != peer.isBusy else { return }
        peer.isBusy = isBusy
        loop.node.metrics.busyLinks.add(isBusy ? 1 : -1)
        loop.broadcast(.linkBusy(peer.node.id, isBusy))
    }

    private func shakeHands(_ frame: LinkFrame, _ stream: StreamID) {
        switch streams[stream]?.handshake.handle(frame) {
        case .send(let frames): for frame in frames { write(frame, to: stream) }
        case .established(let frames, let id, let incarnation):
            for frame in frames { write(frame, to: stream) }
            establish(stream, id, incarnation)
        case .refuse(let reason):
            loop.node.logger.warning("link refused", [.reason: LogValue(reason)])
            loop.io.reset(stream)
        case nil: break
        }
    }

    private func establish(_ stream: StreamID, _ id: NodeID, _ incarnation: UInt64) {
        // A peer that this node's map does not know yet is refused: it dials again, and the map is on its way.
        guard let peer = peers[id], peer.node.incarnation == incarnation else { return loop.io.reset(stream) }
        if let old = peer.stream {
            streams[old] = nil
            setBusy(peer, false)
            loop.io.reset(old)
            loop.broadcast(.linkDown(id))
        }
        streams[stream]?.peer = id
        peer.established(stream, now: loop.io.now.monotonic)
        loop.broadcast(.linkUp(id, incarnation: incarnation))
        loop.node.logger.info("link up", [.node: LogValue(loop.node.id), .peer: LogValue(id)])
    }

    /// Writes to the link if it is up. A link whose other end does not keep up is reset once the window is full: the
    /// edges attach again, and what is durable is in the log.
    ///
    /// `incarnation`: drops what is not for this life of the node; 0: for any.
    func send(_ frame: LinkFrame, to node: NodeID, _ incarnation: UInt64) {
        guard let peer = peers[node], let stream = peer.stream,
            incarnation == 0 || incarnation == peer.node.incarnation
        else { return loop.node.metrics.linkDropped.add(1) }
        if loop.io.pendingOutputBytes(of: stream) > loop.node.limits.linkWindowBytes {
            loop.node.metrics.linkOverflows.add(1)
            loop.io.reset(stream)
            // Down from here on, for every loop: what comes behind the gap must not be taken for what goes on.
            return closed(stream)
        }
        write(frame, to: stream)
    }

    private func write(_ frame: LinkFrame, to stream: StreamID) {
        loop.io.withOutput(of: stream) { LinkCodec.encode(frame, into: &$0) }
    }
}

/// One peer, and how the link to it stands.
final class LinkPeer {
    let node: ClusterMap.Node
    let dials: Bool
    var stream: StreamID?
    /// A connection to it is being made, or its handshake is under way.
    var isDialling = false
    /// Edges take no messages for it; until the link goes down, or a ping comes back soon.
    var isBusy = false
    /// It was up and broke: worth a look whether the node is dead.
    var wantsProbe = false
    private(set) var wasUp = false
    var nextDial: Int64 = 0
    var lastHeard: Int64 = 0
    var lastPing: Int64 = 0
    private var retry = Links.firstRetry

    init(node: ClusterMap.Node, dials: Bool) {
        self.node = node
        self.dials = dials
    }

    func backOff(now: Int64) {
        nextDial = now + retry
        retry = min(retry * 2, Links.lastRetry)
    }

    func established(_ stream: StreamID, now: Int64) {
        self.stream = stream
        isDialling = false
        wasUp = true
        wantsProbe = false
        lastHeard = now
        lastPing = now
        retry = Links.firstRetry
    }
}

/// A stream on which a link is, or may become one.
struct LinkStream {
    var handshake: LinkHandshake
    /// Set when the handshake is done.
    var peer: NodeID?
    /// Whom this node dialled on it.
    let dialled: NodeID?
    let since: Int64

    init(handshake: LinkHandshake, since: Int64, dialled: NodeID? = nil) {
        self.handshake = handshake
        self.since = since
        self.dialled = dialled
    }
}

/// "host:port" or "[v6]:port".
func splitAddress(_ address: String) -> (host: String, port: UInt16) {
    guard let colon = address.lastIndex(of: ":") else { return (address, 0) }
    let host = address[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
    return (String(host), UInt16(address[address.index(after: colon)...]) ?? 0)
}
