import Testing

@testable import MartletCore

struct EdgeSessionTests {
    static let settings = EdgeSettings(node: NodeID("edge")!, incarnation: 3)
    let user = Key("bob")!
    var now = Now(wall: 1_800_000_000_000, monotonic: 0)
    var session: EdgeSession
    var actions: [EdgeAction] = []

    init() { session = EdgeSession(id: 1, now: now) }

    mutating func take() -> [EdgeAction] {
        defer { actions = [] }
        return actions
    }

    mutating func hello(cursor: Offset = 0, device: String = "phone", claims: SessionClaims? = nil) {
        var hello = Hello()
        hello.device = device
        hello.cursor = cursor
        let claims = claims ?? SessionClaims(user: user, tier: .paid)
        session.hello(hello, claims, ref: 1, Self.settings, now: now, into: &actions)
    }

    mutating func attached(number: UInt64 = 5, cursor: Offset = 0, resync: Bool = false, live: Bool = true) {
        let attached = Attached(
            number: number, generation: 9, cursor: cursor, resync: resync, head: 4, live: live, lastClientSequence: 2,
            rejectedClientSequences: [1])
        session.attached(attached, Self.settings, home: NodeID("home"), now: now, into: &actions)
    }

    mutating func frame(_ frame: ClientFrame, ref: UInt64? = nil) {
        session.frame(ClientEnvelope(ref: ref, frame), Self.settings, now: now, into: &actions)
    }

    func send(_ n: ClientSequence, bytes: Int = 1) -> ClientFrame {
        var send = Send(to: Peer(.user, Key("alice")!))
        send.clientSequence = n
        send.body.content = Content(text: String(repeating: "x", count: bytes))
        return .send(send)
    }

    func requests(_ actions: [EdgeAction]) -> [UInt64] {
        actions.compactMap { if case .forward(.request(_, _, let n, _)) = $0 { n } else { nil } }
    }

    func attach(_ actions: [EdgeAction]) -> Attach? {
        actions.lazy.compactMap { if case .forward(.attach(let attach)) = $0 { attach } else { nil } }.first
    }

    func errors(_ actions: [EdgeAction]) -> [ErrorCode] {
        actions.compactMap { if case .answer(let envelope) = $0 { envelope.error } else { nil } }
    }

    @Test mutating func helloAttachesAndTheHomesAnswerWelcomes() {
        hello(cursor: 4)
        let first = attach(take())
        #expect(first?.cursor == 4 && first?.number == 0 && first?.tier == .paid && first?.since == now.wall)
        attached(cursor: 4)
        guard case .answer(let envelope)? = take().first, case .welcome(let welcome) = envelope.frame else {
            Issue.record("no welcome")
            return
        }
        #expect(envelope.ref == 1 && welcome.session == 5 && welcome.node == "edge" && welcome.home == "home")
        #expect(welcome.cursor == 4 && welcome.head == 4 && welcome.rejectedClientSequences == [1])
        #expect(session.isAttached)
    }

    @Test mutating func beforeHelloEverythingEndsIt() {
        frame(.ping(Ping()))
        #expect(take() == [.close(.unauthenticated, reason: "hello comes first")])
        hello()
        frame(send(1))
        session.tick(Self.settings, now: now, into: &actions)
        session.homeChanged(Self.settings, now: now, into: &actions)
        attached()
        #expect(take().isEmpty)
        session.closed(Self.settings, into: &actions)
        #expect(take() == [.settled])
    }

    @Test mutating func aHelloThatCannotBe() {
        hello(device: "a/b")
        #expect(take() == [.close(.invalid, reason: "invalid device id")])
        session = EdgeSession(id: 2, now: now)
        hello(claims: SessionClaims(user: user, device: DeviceID("desk")!))
        #expect(take() == [.close(.forbidden, reason: "the token is for another device")])
    }

    @Test mutating func helloTwiceIsAnError() {
        hello()
        attached()
        _ = take()
        hello()
        #expect(errors(take()) == [.invalid] && session.isAttached)
    }

    @Test mutating func whatIsNotAnsweredIsSaidAgainInOrder() {
        hello()
        attached()
        for n in 1...3 { frame(send(ClientSequence(n))) }
        frame(.sync(Sync()))
        #expect(requests(take()) == [1, 2, 3, 4])
        session.delivered(.send(2), pushedUpTo: 6, live: true, Self.settings, into: &actions)
        session.homeChanged(Self.settings, now: now, into: &actions)
        let again = attach(take())
        #expect(again?.number == 5 && again?.pushedUpTo == 6 && again?.live == true && again?.generation == 9)
        frame(send(4))
        #expect(requests(take()).isEmpty, "its home is away")
        attached()
        #expect(requests(take()) == [1, 3, 4, 5])
        session.delivered(.request(4), pushedUpTo: 0, live: true, Self.settings, into: &actions)
        session.delivered(.request(4), pushedUpTo: 0, live: true, Self.settings, into: &actions)
        #expect(session.held.map(\.request) == [1, 3, 5])
    }

    @Test mutating func whileItAttachesAnewOldEntriesAreNotWritten() {
        hello()
        attached()
        session.homeChanged(Self.settings, now: now, into: &actions)
        #expect(!session.delivered(.nothing, pushedUpTo: 9, live: true, Self.settings, into: &actions))
        #expect(!session.delivered(.request(1), pushedUpTo: 0, live: true, Self.settings, into: &actions))
        #expect(session.delivered(.nothing, pushedUpTo: 0, live: false, Self.settings, into: &actions))
        #expect(session.pushedUpTo == 0)
        attached()
        #expect(session.delivered(.nothing, pushedUpTo: 9, live: true, Self.settings, into: &actions))
        #expect(session.pushedUpTo == 9)
    }

    @Test mutating func anAckOnTheWayIsSaidAfterwards() {
        hello()
        attached()
        session.delivered(.nothing, pushedUpTo: 9, live: true, Self.settings, into: &actions)
        session.homeChanged(Self.settings, now: now, into: &actions)
        _ = take()
        var ack = Ack()
        ack.seq = 8
        frame(.ack(ack))
        ack.seq = 10
        frame(.ack(ack))
        #expect(take().isEmpty && session.cursor == 8, "more than was written is not believed")
        attached()
        ack.seq = 8
        let said = SlotMessage.request(
            session: session.ref(Self.settings), user: user, request: 0, ClientEnvelope(.ack(ack)))
        #expect(take().contains(.forward(said)))
    }

    @Test mutating func tooMuchUnansweredStopsReading() {
        hello()
        attached()
        _ = take()
        for n in 1...64 { frame(send(ClientSequence(n))) }
        #expect(take().contains(.stopReading))
        session.delivered(.send(1), pushedUpTo: 0, live: true, Self.settings, into: &actions)
        #expect(take() == [.resumeReading])
        session.delivered(.send(2), pushedUpTo: 0, live: true, Self.settings, into: &actions)
        #expect(take().isEmpty)
        for n in 65...67 { frame(send(ClientSequence(n), bytes: 30_000)) }
        #expect(take().filter { $0 == .stopReading }.count == 1)
    }

    @Test mutating func aWrongHomeIsTriedAgainLater() {
        hello()
        _ = take()
        session.notHome(now: now, into: &actions)
        #expect(take() == [.waiting])
        session.tick(Self.settings, now: now, into: &actions)
        #expect(take().isEmpty)
        now.monotonic += 10
        session.tick(Self.settings, now: now, into: &actions)
        #expect(attach(take()) != nil)
        // No answer at all: said again after a second.
        now.monotonic += 999
        session.tick(Self.settings, now: now, into: &actions)
        #expect(take().isEmpty)
        now.monotonic += 1
        session.tick(Self.settings, now: now, into: &actions)
        #expect(attach(take()) != nil)
    }

    @Test mutating func aReplacedLogEndsTheSession() {
        hello()
        attached()
        session.homeChanged(Self.settings, now: now, into: &actions)
        _ = take()
        attached(resync: true)
        let detach = EdgeAction.forward(.detach(session: session.ref(Self.settings), user: user))
        #expect(take() == [detach, .close(.unavailable, reason: "the log was replaced")])
        session.tick(Self.settings, now: Now(wall: 0, monotonic: 99_999), into: &actions)
        frame(send(1))
        #expect(take().isEmpty)
    }

    @Test mutating func pingAndRenewAreAnsweredHere() {
        hello()
        frame(.ping(Ping()), ref: 7)
        guard case .answer(let pong)? = take().last else { return #expect(Bool(false)) }
        #expect(pong.ref == 7)
        session.renewed(SessionClaims(user: user, expiresAt: 5), ref: 8, now: now, into: &actions)
        #expect(errors(take()).isEmpty && session.hasExpired(now))
        session.renewed(SessionClaims(user: Key("eve")!), ref: 9, now: now, into: &actions)
        frame(.renew(Renew()), ref: 10)
        #expect(errors(take()) == [.forbidden, .invalid])
    }

    @Test mutating func sendsHaveARate() {
        hello(claims: SessionClaims(user: user, tier: .free))
        attached()
        _ = take()
        for n in 1...21 { frame(send(ClientSequence(n)), ref: 3) }
        let answers = take().compactMap { if case .answer(let envelope) = $0 { envelope } else { nil } }
        #expect(answers.map(\.rejected?.code) == [.rateLimited] && answers[0].ref == 3)
    }

    @Test mutating func aBusyHomeGetsNoMoreMessages() {
        hello()
        attached()
        _ = take()
        func frame(_ frame: ClientFrame, busy: Bool) {
            session.frame(
                ClientEnvelope(ref: 3, frame), isHomeBusy: busy, Self.settings, now: now, into: &actions)
        }
        frame(send(1), busy: true)
        let answers = take().compactMap { if case .answer(let envelope) = $0 { envelope } else { nil } }
        #expect(answers.map(\.rejected?.code) == [.busy] && answers[0].rejected?.clientSequence == 1)
        #expect(answers[0].ref == 3 && (answers[0].rejected?.retryAfterMilliseconds ?? 0) > 0)
        // Questions are few, and clients wait for them.
        frame(.conversations(ConversationsRequest()), busy: true)
        frame(send(1), busy: false)
        let forwarded = take().filter { if case .forward = $0 { true } else { false } }
        #expect(forwarded.count == 2, "what was refused took no number")
    }

    /// The limit is the user's, for all sessions at this edge; so the shell keeps it.
    @Test mutating func signalsGoOutWithTheLimitOfTheTier() {
        #expect(session.signalLimit(Self.settings) == nil)
        hello(claims: SessionClaims(user: user, tier: .free))
        attached()
        _ = take()
        for _ in 0..<25 { frame(.signal(Signal(to: Peer(.user, Key("alice")!)))) }
        #expect(take().count == 25)
        #expect(session.signalLimit(Self.settings) == RateLimit.free)
        session.closed(Self.settings, into: &actions)
        #expect(session.signalLimit(Self.settings) == nil)
    }

    @Test mutating func closingDetaches() {
        hello()
        attached()
        _ = take()
        session.closed(Self.settings, into: &actions)
        let detach = EdgeAction.forward(.detach(session: session.ref(Self.settings), user: user))
        #expect(take() == [detach, .settled])
        session.closed(Self.settings, into: &actions)
        #expect(take() == [.settled])
    }
}
