import Testing

@testable import MartletCore

struct HomeSendTests {
    let alice = Peer(.user, Key("alice")!)

    func message(
        _ n: ClientSequence, to: Peer? = nil, type: EntryType = .message, target: Target? = nil
    ) -> ClientFrame {
        var send = Send(to: to ?? alice)
        send.clientSequence = n
        send.type = type
        send.target = target
        send.body.content = Content(text: "x")
        return .send(send)
    }

    @Test func whatIsRefusedForGoodIsARecord() {
        var settings = HomeWorld.settings
        settings.maySend = { _, to in to.key != Key("eve")! }
        var world = HomeWorld(settings: settings)
        world.attach(1, "bob")
        world.request(1, "bob", message(1, to: Peer(.group, Key("team")!)))
        world.request(1, "bob", message(2, to: Peer(.user, Key("martlet:news")!)))
        world.request(1, "bob", message(3, to: Peer(.user, Key("eve")!)))
        world.request(1, "bob", message(4, type: .system))
        world.request(1, "bob", message(5))
        #expect(world.taken.map(\.rejection) == [.notFound, .forbidden, .forbidden, .forbidden, nil])
        #expect(world.taken.map(\.posted.clientSequence) == [1, 2, 3, 4, 5])
        #expect(world.take(1).isEmpty)
    }

    @Test func malformedFramesConsumeNoNumber() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.request(1, "bob", message(0), ref: 1)
        world.request(1, "bob", message(1, target: Target(id: MessageID(1), seq: 1)), ref: 2)
        world.request(1, "bob", message(1, type: .edit), ref: 3)
        world.request(1, "bob", message(1, type: .delete, target: Target(id: MessageID(1), seq: 0)), ref: 4)
        var large = Send(to: alice)
        large.clientSequence = 1
        large.body.content = Content(text: String(repeating: "x", count: 32 * 1024 + 1))
        world.request(1, "bob", .send(large), ref: 5)
        let answers = world.take(1)
        #expect(answers.map(\.error) == [.invalid, .invalid, .invalid, .invalid, .tooLarge])
        #expect(answers.map(\.ref) == [1, 2, 3, 4, 5] && world.taken.isEmpty)
    }

    @Test func editsNeedAnOwnMessageAsTarget() {
        var world = HomeWorld()
        world.attach(1, "bob")
        let theirs = world.receive("bob", from: "alice")
        let own = world.accept("bob", to: "alice", n: 1)
        world.storeAll()
        func target(_ seq: Offset, id: UInt64? = nil) -> Target {
            Target(id: MessageID(id ?? UInt64(seq)), seq: seq)
        }
        world.request(1, "bob", message(2, type: .edit, target: target(own)))
        world.request(1, "bob", message(3, type: .edit, target: target(theirs)))
        world.request(1, "bob", message(4, type: .reaction, target: target(theirs)))
        world.request(1, "bob", message(5, type: .delete, target: target(own, id: 99)))
        world.request(1, "bob", message(6, type: .delete, target: target(50)))
        world.request(1, "bob", message(7, to: Peer(.user, Key("carol")!), type: .delete, target: target(own)))
        #expect(world.taken.map(\.rejection) == [nil, .forbidden, nil, .notFound, .notFound, .invalid])
        #expect(world.taken[2].posted.targetSeqAtRecipient == 1_000 + theirs)
        #expect(world.taken[0].posted.targetSeqAtRecipient == 0)
    }

    @Test func sendsKeepTheirOrderBehindATargetThatIsRead() {
        var world = HomeWorld()
        world.attach(1, "bob")
        let own = world.accept("bob", to: "alice", n: 1)
        world.storeAll()
        world.holdsQueries = true
        world.request(1, "bob", message(2, type: .edit, target: Target(id: MessageID(UInt64(own)), seq: own)))
        world.request(1, "bob", message(3))
        #expect(world.taken.isEmpty)
        world.answerQueries()
        #expect(world.taken.map(\.posted.clientSequence) == [2, 3])
    }

    @Test func aTargetThatCannotBeReadIsATemporaryRejection() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.failsQueries = true
        world.request(1, "bob", message(1, type: .edit, target: Target(id: MessageID(1), seq: 1)), ref: 6)
        let answer = world.take(1)
        #expect(answer.map(\.ref) == [6] && answer[0].rejected?.code == .unavailable && world.taken.isEmpty)
    }

    @Test func aUserHasARateByTier() {
        var world = HomeWorld()
        world.attach(1, "bob", tier: .free)
        for n in 1...21 { world.request(1, "bob", message(ClientSequence(n))) }
        #expect(world.taken.count == 20)
        let rejected = world.take(1)[0].rejected
        #expect(rejected?.code == .rateLimited && rejected?.clientSequence == 21)
        #expect(rejected?.retryAfterMilliseconds == 100)
    }

    @Test func theMachinesAnswersGoToTheirDevice() {
        var world = HomeWorld()
        world.attach(1, "bob", "phone")
        world.attach(2, "bob", "desk")
        world.request(1, "bob", message(1), ref: 4)
        world.answer("bob", "phone", 1, .rejected(.forbidden))
        world.answer("bob", "phone", 3, .outOfOrder(expected: 2))
        world.answer("bob", "phone", 2, .temporary(.busy, retryAfterMilliseconds: 70))
        world.answer("bob", "phone", 9, .accepted(id: MessageID(5), seq: 3, time: 8, isRetry: true))
        world.answer("nobody", "phone", 1, .rejected(.forbidden))
        #expect(world.delivered.map(\.settles) == [.send(1), .send(3), .send(2), .send(9)])
        let answers = world.take(1)
        #expect(answers[0].ref == 4 && answers[0].rejected?.code == .forbidden)
        #expect(answers[1].rejected?.code == .outOfOrder && answers[1].rejected?.expected == 2)
        #expect(answers[2].rejected?.code == .busy && answers[2].rejected?.retryAfterMilliseconds == 70)
        #expect(answers[3].accepted?.seq == 3 && answers[3].accepted?.prev == nil)
        #expect(world.take(2).isEmpty)
    }
}
