import MartletCore
import MartletProtocol

/// Proves to both ends of a link that the other knows the cluster's secret, without sending it.
///
/// The dialler names itself and a nonce; the acceptor answers with a nonce and nothing else, and with the same whatever
/// cluster and node the dialler names: a refusal comes after the proof, as it does for a wrong one. So a stranger on the
/// port learns nothing. Then each proves itself with an HMAC over both nonces, both names and incarnations, and its
/// role, so a link joins the very lives of two nodes that meant each other: session ids of one life mean other
/// connections in the next. Pure: the nonce is given, and frames go in and out as values.
struct LinkHandshake {
    enum Step: Equatable {
        case send([LinkFrame])
        /// Send these; the link is up.
        case established([LinkFrame], peer: NodeID, incarnation: UInt64)
        /// Close without a word.
        case refuse(String)
    }

    private enum State {
        case start
        /// `fault`: why the dialler is refused, once it has tried to prove itself.
        case challenged(peerNonce: [UInt8], fault: String?)
        case proving(peerNonce: [UInt8])
        case done
    }

    static let nonceBytes = 32

    private let identity: LinkIdentity
    private let nonce: [UInt8]
    /// Whom the dialler means to reach; nil at the acceptor until it is told.
    private var peer: NodeID?
    private var peerIncarnation: UInt64
    private let isDialler: Bool
    private var state = State.start

    /// `nonce`: 32 random bytes, used once.
    init(dialling peer: ClusterMap.Node, identity: LinkIdentity, nonce: [UInt8]) {
        self.identity = identity
        self.nonce = nonce
        self.peer = peer.id
        peerIncarnation = peer.incarnation
        isDialler = true
    }

    init(accepting identity: LinkIdentity, nonce: [UInt8]) {
        self.identity = identity
        self.nonce = nonce
        peerIncarnation = 0
        isDialler = false
    }

    /// The dialler's first frame.
    var hello: LinkFrame {
        .hello(
            LinkHello(
                cluster: identity.cluster, node: identity.node, incarnation: identity.incarnation, nonce: nonce))
    }

    mutating func handle(_ frame: LinkFrame) -> Step {
        switch (frame, state, isDialler) {
        case (.hello(let hello), .start, false): return acceptHello(hello)
        case (.challenge(let peerNonce), .start, true) where peerNonce.count == Self.nonceBytes:
            state = .proving(peerNonce: peerNonce)
            return .send([.proof(proof(byDialler: true, peerNonce: peerNonce))])
        case (.proof, .challenged(_, let fault?), false): return .refuse(fault)
        case (.proof(let mac), .challenged(let peerNonce, nil), false):
            return finish(mac, peerNonce, answer: [.proof(proof(byDialler: false, peerNonce: peerNonce))])
        case (.proof(let mac), .proving(let peerNonce), true): return finish(mac, peerNonce, answer: [])
        default: return .refuse("unexpected frame in the handshake")
        }
    }

    private mutating func acceptHello(_ hello: LinkHello) -> Step {
        guard hello.version == LinkHello.currentVersion else { return .refuse("protocol version \(hello.version)") }
        guard hello.nonce.count == Self.nonceBytes else { return .refuse("nonce length") }
        peer = hello.node
        peerIncarnation = hello.incarnation
        state = .challenged(peerNonce: hello.nonce, fault: fault(of: hello))
        return .send([.challenge(nonce)])
    }

    private func fault(of hello: LinkHello) -> String? {
        if hello.cluster != identity.cluster { return "another cluster" }
        return hello.node == identity.node ? "own node id" : nil
    }

    private mutating func finish(_ mac: [UInt8], _ peerNonce: [UInt8], answer: [LinkFrame]) -> Step {
        guard let peer, HMAC.constantTimeEquals(mac, proof(byDialler: !isDialler, peerNonce: peerNonce)) else {
            return .refuse("wrong proof")
        }
        state = .done
        return .established(answer, peer: peer, incarnation: peerIncarnation)
    }

    private func proof(byDialler: Bool, peerNonce: [UInt8]) -> [UInt8] {
        let (diallerNonce, acceptorNonce) = isDialler ? (nonce, peerNonce) : (peerNonce, nonce)
        let (dialler, acceptor) = isDialler ? (identity.node, peer) : (peer, identity.node)
        let (diallerIncarnation, acceptorIncarnation) =
            isDialler ? (identity.incarnation, peerIncarnation) : (peerIncarnation, identity.incarnation)
        var text = Array("martlet-link-1/\(byDialler ? "dial" : "accept")/\(identity.cluster)/".utf8)
        text += dialler?.bytes ?? []
        text += Array("/\(diallerIncarnation)/".utf8)
        text += acceptor?.bytes ?? []
        text += Array("/\(acceptorIncarnation)/".utf8) + diallerNonce + acceptorNonce
        return HMAC.sha256(key: identity.secret, data: text)
    }
}

/// Who this node is to its peers.
struct LinkIdentity: Sendable {
    var cluster: String
    var node: NodeID
    var incarnation: UInt64
    var secret: [UInt8]
}
