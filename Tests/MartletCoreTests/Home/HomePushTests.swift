import Testing

@testable import MartletCore

struct HomePushTests {
    @Test func aliveSessionGetsEachEntryWithItsChain() {
        var world = HomeWorld()
        world.attach(1, "bob")
        let seqs = [
            world.receive("bob", from: "alice"), world.receive("bob", from: "carol"),
            world.receive("bob", from: "alice"),
        ]
        let entries = world.take(1).compactMap(\.entry)
        #expect(entries.map(\.seq) == seqs)
        #expect(entries.map(\.prev) == [0, seqs[0], seqs[1]])
        #expect(entries.map(\.prevInConversation) == [0, 0, seqs[0]])
    }

    @Test func oneActionForAllSessionsOfAnEdge() {
        var world = HomeWorld()
        for id in 1...3 { world.attach(UInt64(id), "bob", "d\(id)") }
        world.attach(1, "bob", "far", edge: "two")
        var deliveries: [[UInt64]] = []
        let entry = Entry(
            seq: 1, id: MessageID(1), from: Key("alice")!, conversation: Peer(.user, Key("alice")!),
            content: MessageContent(type: .message, body: []), time: 0, sourceSeq: 1)
        world.slot.decidedOffset = 1
        world.run { home, slot, now, actions in
            home.decided(user: Key("bob")!, entry, slot: slot, now: now, into: &actions)
            deliveries = actions.compactMap { if case .deliver(_, let ids, _, _, _, _) = $0 { ids } else { nil } }
        }
        #expect(deliveries.map { $0.sorted() }.sorted { $0.count > $1.count } == [[1, 2, 3], [1]])
    }

    @Test func theSenderGetsAcceptedInPlaceOfItsCopy() {
        var world = HomeWorld()
        world.attach(1, "bob", "phone")
        world.attach(2, "bob", "desk")
        var send = Send(to: Peer(.user, Key("alice")!))
        send.clientSequence = 1
        send.body.content = Content(text: "hello")
        world.request(1, "bob", .send(send), ref: 77)
        let taken = world.taken[0].posted
        #expect(taken.clientSequence == 1 && taken.content.body == Array("hello".utf8) && taken.id == MessageID(0))
        let seq = world.accept("bob", "phone", to: "alice", n: 1)
        let accepted = world.delivered.filter { $0.session == 1 }
        #expect(accepted.count == 1 && accepted[0].envelope.ref == 77 && accepted[0].settles == .send(1))
        #expect(accepted[0].envelope.accepted?.seq == seq && accepted[0].envelope.accepted?.prev == 0)
        #expect(accepted[0].pushedUpTo == seq)
        #expect(world.take(2).compactMap(\.entry?.origin?.clientSequence) == [1])
    }

    @Test func aSenderThatIsBehindIsAnsweredOutsideTheStream() {
        var world = HomeWorld()
        world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob")
        _ = world.take(1)
        world.accept("bob", to: "alice", n: 1)
        let answers = world.take(1)
        #expect(answers.count == 1 && answers[0].accepted?.prev == nil && answers[0].accepted?.clientSequence == 1)
    }

    @Test func aConversationThatIsNotInMemoryHoldsTheStreamUp() {
        var world = HomeWorld()
        let old = world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob", cursor: old)
        world.holdsQueries = true
        let first = world.receive("bob", from: "alice")
        let second = world.receive("bob", from: "carol")
        #expect(world.take(1).isEmpty)
        world.answerQueries()
        let entries = world.take(1).compactMap(\.entry)
        #expect(entries.map(\.seq) == [first, second])
        #expect(entries.map(\.prevInConversation) == [old, 0])
    }

    /// Whoever reads a mailbox to its end and goes must have seen all of it.
    @Test func theLastPageIsNotGivenWithoutWhatIsHeldUp() {
        var world = HomeWorld()
        let old = world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob", cursor: 0)
        _ = world.take(1)
        world.holdsQueries = true
        let next = world.receive("bob", from: "alice")
        world.request(1, "bob", .sync(Sync()))
        let head = world.queries.removeFirst()
        guard case .headBefore = head.query else {
            Issue.record("the head is asked for first")
            return
        }
        world.answerQueries()
        #expect(world.take(1).isEmpty)
        world.queries.append(head)
        world.answerQueries()
        world.holdsQueries = false
        world.tick()
        let synced = world.take(1).compactMap(\.synced)
        #expect(synced.map { $0.entries.map(\.seq) } == [[old, next]] && synced.first?.live == true)
    }

    @Test func withoutAStoreItGoesOnWithThatFieldUnknown() {
        var world = HomeWorld()
        let old = world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob", cursor: old)
        world.failsQueries = true
        let next = world.receive("bob", from: "alice")
        let entry = world.take(1).compactMap(\.entry).first
        #expect(entry?.seq == next && entry?.prev == old && entry?.prevInConversation == nil)
    }

    /// A store that hangs is worse than one that fails, and costs a moment all the same.
    @Test func aStoreThatDoesNotAnswerHoldsNobodyUp() {
        var world = HomeWorld()
        let olds = ["alice", "carol", "dave"].map { world.receive("bob", from: $0) }
        world.storeAll()
        world.attach(1, "bob", cursor: olds[2])
        world.holdsQueries = true
        let first = world.receive("bob", from: "alice")
        world.tick(after: 250)
        #expect(world.take(1).isEmpty)
        world.tick(after: 100)
        let given = world.take(1).compactMap(\.entry)
        #expect(given.map(\.seq) == [first] && given[0].prev == olds[2] && given[0].prevInConversation == nil)

        let second = world.receive("bob", from: "carol")
        #expect(world.take(1).compactMap(\.entry).map(\.seq) == [second], "it is not asked again at once")

        world.holdsQueries = false
        world.answerQueries()
        #expect(world.take(1).isEmpty, "an answer that comes too late adds nothing")
        world.tick(after: 1_000)
        world.receive("bob", from: "dave")
        #expect(world.take(1).compactMap(\.entry?.prevInConversation) == [olds[2]], "later it is asked again")
    }

    @Test func outOfCreditItIsToldOnceAndPulls() {
        var world = HomeWorld()
        world.attach(1, "bob")
        for _ in 0..<70 { world.receive("bob", from: "alice") }
        let got = world.take(1)
        #expect(got.flatMap(\.seqs) == Array(1...64) && got.compactMap(\.behind) == [65] && got.count == 65)
        #expect(world.home.counters.wentBehind == 1)
        var sync = Sync()
        sync.after = 64
        world.request(1, "bob", .sync(sync), ref: 5)
        let synced = world.take(1)
        #expect(synced[0].ref == 5 && synced[0].seqs == Array(65...70) && synced[0].synced?.live == true)
        let next = world.receive("bob", from: "alice")
        #expect(world.take(1).compactMap(\.entry?.prev) == [next - 1])
    }

    @Test func acksGiveCreditBack() {
        var world = HomeWorld()
        world.attach(1, "bob")
        for round in 1...5 {
            for _ in 0..<60 { world.receive("bob", from: "alice") }
            var ack = Ack()
            ack.seq = Offset(round * 60)
            world.request(1, "bob", .ack(ack))
        }
        #expect(world.take(1).flatMap(\.seqs) == Array(1...300))
    }

    @Test func creditCountsBytes() {
        var world = HomeWorld()
        world.attach(1, "bob")
        for _ in 0..<10 { world.receive("bob", from: "alice", bytes: 30_000) }
        let got = world.take(1)
        #expect(got.flatMap(\.seqs) == Array(1...8) && got.compactMap(\.behind) == [9])
    }

    @Test func anExpiredEntryKeepsItsPlaceAndLosesItsContent() {
        var world = HomeWorld()
        world.receive("bob", from: "alice", expiresAt: world.now.wall - 1)
        world.attach(1, "bob")
        world.request(1, "bob", .sync(Sync()))
        let entries = world.take(1).compactMap(\.synced).flatMap(\.entries)
        #expect(entries.map(\.seq) == [1] && entries[0].content.body.isEmpty)
    }
}
