import MartletCore
import MartletProtocol
import Testing

@testable import MartletGateway

/// Both roles of the handshake, and everything that either of them must refuse.
@Suite struct LinkHandshakeTests {
    private let a = LinkIdentity(cluster: "c", node: .init("a")!, incarnation: 11, secret: Array("secret".utf8))
    private let b = LinkIdentity(cluster: "c", node: .init("b")!, incarnation: 22, secret: Array("secret".utf8))
    private let nonceA = [UInt8](repeating: 1, count: 32)
    private let nonceB = [UInt8](repeating: 2, count: 32)

    private func node(_ identity: LinkIdentity) -> ClusterMap.Node {
        ClusterMap.Node(
            id: identity.node, incarnation: identity.incarnation, linkAddress: "", clientAddress: "", weight: 1,
            worker: 0, state: .up)
    }

    private func dialler(_ identity: LinkIdentity? = nil, to peer: LinkIdentity? = nil, nonce: [UInt8]? = nil)
        -> LinkHandshake
    {
        LinkHandshake(dialling: node(peer ?? b), identity: identity ?? a, nonce: nonce ?? nonceA)
    }

    private func acceptor(_ identity: LinkIdentity? = nil, nonce: [UInt8]? = nil) -> LinkHandshake {
        LinkHandshake(accepting: identity ?? b, nonce: nonce ?? nonceB)
    }

    /// What both ends said last when `dialler` and `acceptor` talk until one has nothing to say.
    private func run(_ dialler: inout LinkHandshake, _ acceptor: inout LinkHandshake) -> (
        dialler: LinkHandshake.Step, acceptor: LinkHandshake.Step
    ) {
        var last = (dialler: LinkHandshake.Step.send([]), acceptor: LinkHandshake.Step.send([]))
        var toAcceptor = [dialler.hello]
        while !toAcceptor.isEmpty {
            var toDialler: [LinkFrame] = []
            for frame in toAcceptor {
                last.acceptor = acceptor.handle(frame)
                toDialler += frames(last.acceptor)
            }
            toAcceptor = []
            for frame in toDialler {
                last.dialler = dialler.handle(frame)
                toAcceptor += frames(last.dialler)
            }
        }
        return last
    }

    private func frames(_ step: LinkHandshake.Step) -> [LinkFrame] {
        switch step {
        case .send(let frames), .established(let frames, _, _): frames
        case .refuse: []
        }
    }

    private func isRefused(_ step: LinkHandshake.Step) -> Bool {
        if case .refuse = step { true } else { false }
    }

    private func proof(_ frames: [LinkFrame]) -> [UInt8]? {
        if case .proof(let mac)? = frames.first { mac } else { nil }
    }

    @Test func bothEndsLearnWhoTheOtherIs() {
        var (dialler, acceptor) = (dialler(), acceptor())
        let last = run(&dialler, &acceptor)
        guard case .established(let nothing, b.node, 22) = last.dialler else { return #expect(Bool(false)) }
        guard case .established(let answer, a.node, 11) = last.acceptor else { return #expect(Bool(false)) }
        #expect(nothing.isEmpty)
        #expect(answer.count == 1)
    }

    @Test func aWrongSecretIsRefusedByTheAcceptorWithoutAProofOfItsOwn() {
        var other = a
        other.secret = Array("Secret".utf8)
        var (dialler, acceptor) = (dialler(other), acceptor())
        let last = run(&dialler, &acceptor)
        #expect(last.acceptor == .refuse("wrong proof"))
        #expect(last.dialler == .send(frames(last.dialler)), "it was told nothing after its proof")
    }

    /// An impostor on the peer's address takes the dialler's proof and cannot make its own.
    @Test func anAcceptorWithoutTheSecretIsRefused() {
        var dialler = dialler()
        let proof = frames(dialler.handle(.challenge(nonceB)))
        #expect(proof.count == 1)
        #expect(dialler.handle(proof[0]) == .refuse("wrong proof"), "its own proof, sent back")
    }

    @Test func aStrangerGetsANonceAndNothingElse() {
        var acceptor = acceptor()
        #expect(acceptor.handle(dialler().hello) == .send([.challenge(nonceB)]))
        #expect(acceptor.handle(.proof([UInt8](repeating: 0, count: 32))) == .refuse("wrong proof"))
    }

    @Test func aProofIsGoodForOneNonceOnly() {
        var (first, second) = (acceptor(), acceptor(nonce: [UInt8](repeating: 3, count: 32)))
        var dialler = dialler()
        let hello = dialler.hello
        let proof = frames(dialler.handle(.challenge(nonceB)))[0]
        _ = first.handle(hello)
        if case .established = first.handle(proof) {} else { #expect(Bool(false)) }
        _ = second.handle(hello)
        #expect(second.handle(proof) == .refuse("wrong proof"), "replayed")
    }

    @Test func aProofIsGoodForOneAcceptorAndOneOfItsLives() {
        var restarted = b
        restarted.incarnation = 23
        var third = b
        third.node = NodeID("c")!
        for other in [restarted, third] {
            var (dialler, acceptor) = (dialler(), acceptor(other))
            #expect(run(&dialler, &acceptor).acceptor == .refuse("wrong proof"))
        }
    }

    @Test func aProofIsGoodForTheNodeThatSaidHello() {
        var acceptor = acceptor()
        var dialler = dialler()
        guard case .hello(var hello) = dialler.hello else { return #expect(Bool(false)) }
        hello.incarnation += 1
        _ = acceptor.handle(.hello(hello))
        let proof = frames(dialler.handle(.challenge(nonceB)))[0]
        #expect(acceptor.handle(proof) == .refuse("wrong proof"))
    }

    @Test func whatAHelloMustNotSay() {
        func refusal(_ change: (inout LinkHello) -> Void) -> LinkHandshake.Step {
            var hello = LinkHello(cluster: "c", node: a.node, incarnation: 11, nonce: nonceA)
            change(&hello)
            var acceptor = acceptor()
            return acceptor.handle(.hello(hello))
        }
        #expect(refusal { $0.version += 1 } == .refuse("protocol version 2"))
        #expect(refusal { $0.version = 0 } == .refuse("protocol version 0"))
        #expect(refusal { $0.nonce = [] } == .refuse("nonce length"))
        #expect(refusal { $0.nonce.removeLast() } == .refuse("nonce length"))
        #expect(refusal { $0.nonce.append(0) } == .refuse("nonce length"))
    }

    /// Guessing names on the port of a gateway tells nothing: right and wrong ones get the same.
    @Test func aStrangerCannotAskForNames() {
        let claims: [(String, NodeID, String)] = [
            ("c", NodeID("x")!, "wrong proof"), ("d", a.node, "another cluster"), ("", a.node, "another cluster"),
            ("c", b.node, "own node id"),
        ]
        for (cluster, node, reason) in claims {
            var acceptor = acceptor()
            let hello = LinkHello(cluster: cluster, node: node, incarnation: 11, nonce: nonceA)
            #expect(acceptor.handle(.hello(hello)) == .send([.challenge(nonceB)]))
            #expect(acceptor.handle(.proof([UInt8](repeating: 7, count: 32))) == .refuse(reason))
        }
    }

    /// Knowing the secret does not help who is of another cluster, or claims to be the acceptor itself.
    @Test func aMemberOfAnotherClusterIsRefusedWithTheSecret() {
        var other = a
        other.cluster = "d"
        var same = a
        same.node = b.node
        for (identity, reason) in [(other, "another cluster"), (same, "own node id")] {
            var (dialler, acceptor) = (dialler(identity), acceptor())
            #expect(run(&dialler, &acceptor).acceptor == .refuse(reason))
        }
    }

    @Test func aChallengeOfAnotherLengthIsRefused() {
        for length in [0, 31, 33] {
            var dialler = dialler()
            #expect(isRefused(dialler.handle(.challenge([UInt8](repeating: 0, count: length)))))
        }
    }

    /// Every frame in every state of either role, but for the one that belongs there.
    @Test func framesOutOfOrderAreRefused() {
        let hello = dialler().hello
        let all: [LinkFrame] = [
            hello, .challenge(nonceB), .proof(nonceB), .ping(1), .pong(1), .bye(""),
            .slot(Slot(0), .acknowledged(target: Slot(0), upTo: 0)),
            .edge(.notHome(session: 1)),
        ]
        for frame in all {
            var accepting = acceptor()
            if frame != hello { #expect(isRefused(accepting.handle(frame)), "\(frame) at the start") }
            var challenged = acceptor()
            _ = challenged.handle(hello)
            #expect(isRefused(challenged.handle(frame)), "\(frame) for a proof; a proof that is none")
            var dialling = dialler()
            if frame != .challenge(nonceB) { #expect(isRefused(dialling.handle(frame)), "\(frame) for a challenge") }
            var proving = dialler()
            _ = proving.handle(.challenge(nonceB))
            #expect(isRefused(proving.handle(frame)), "\(frame) for the other's proof")
            var (done, other) = (dialler(), acceptor())
            _ = run(&done, &other)
            #expect(isRefused(done.handle(frame)), "\(frame) behind the end")
            #expect(isRefused(other.handle(frame)), "\(frame) behind the end")
        }
    }
}
