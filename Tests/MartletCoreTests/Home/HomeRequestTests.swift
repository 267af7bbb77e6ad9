import Testing

@testable import MartletCore

struct HomeRequestTests {
    let alice = Peer(.user, Key("alice")!)

    @Test func syncBringsPagesFromStoreAndMemory() {
        var world = HomeWorld()
        for _ in 0..<3 { world.receive("bob", from: "alice") }
        world.storeAll()
        world.receive("bob", from: "carol")
        world.attach(1, "bob")
        _ = world.take(1)
        var sync = Sync()
        sync.limit = 2
        world.request(1, "bob", .sync(sync), ref: 1)
        let first = world.delivered[0]
        #expect(first.envelope.seqs == [1, 2] && first.pushedUpTo == 2 && !first.live && first.settles == .request(1))
        sync.after = 2
        _ = world.take(1)
        world.request(1, "bob", .sync(sync))
        let last = world.take(1)[0].synced!
        #expect(last.entries.map(\.seq) == [3, 4] && last.live && last.upTo == 4 && last.floor == 0)
        #expect(last.entries.map(\.prev) == [2, 3])
        #expect(last.conversations.map(\.lastSeq) == [3], "the other is not in the store yet: its entry is its news")
    }

    @Test func entriesThatComeWhileAPageIsReadAreInIt() {
        var world = HomeWorld()
        let old = world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob", cursor: old)
        world.holdsQueries = true
        world.request(1, "bob", .sync(Sync()))
        let (page, changed) = (world.queries.removeFirst(), world.queries.removeFirst())
        let answers = [world.store.answer(page.query), world.store.answer(changed.query)]
        let next = world.receive("bob", from: "alice")
        world.answerQueries()
        #expect(world.take(1).isEmpty)
        world.answer(page.token, .success(answers[0]))
        world.answer(changed.token, .success(answers[1]))
        let synced = world.take(1)[0].synced!
        #expect(synced.entries.map(\.seq) == [old, next] && synced.live && synced.upTo == next)
        #expect(synced.conversations.map(\.unread) == [2])
    }

    @Test func syncBeyondTheEndAndWithoutAStoreAreErrors() {
        var world = HomeWorld()
        world.attach(1, "bob")
        var sync = Sync()
        sync.after = 5
        world.request(1, "bob", .sync(sync), ref: 3)
        sync.after = -1
        world.request(1, "bob", .sync(sync), ref: 4)
        world.failsQueries = true
        world.request(1, "bob", .sync(Sync()), ref: 5)
        let answers = world.take(1)
        #expect(answers.map(\.error) == [.invalid, .invalid, .unavailable] && answers.map(\.ref) == [3, 4, 5])
    }

    @Test func aNewerSyncTakesTheOldersPlace() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.holdsQueries = true
        world.request(1, "bob", .sync(Sync()), ref: 1, request: 1)
        world.request(1, "bob", .sync(Sync()), ref: 2, request: 2)
        world.answerQueries()
        let answers = world.take(1)
        #expect(answers.map(\.ref) == [1, 2] && answers.map(\.error) == [.conflict, nil])
        #expect(answers[1].synced?.live == true)
    }

    @Test func historyIsNewestFirstAndOfOneConversation() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.receive("bob", from: "alice")
        world.receive("bob", from: "carol")
        world.receive("bob", from: "alice")
        world.storeAll()
        world.receive("bob", from: "alice")
        _ = world.take(1)
        var request = HistoryRequest(conversation: alice)
        request.limit = 2
        world.request(1, "bob", .history(request), ref: 9)
        guard case .history(let first)? = world.take(1).first?.frame else { return #expect(Bool(false)) }
        #expect(first.entries.map(\.seq) == [4, 3] && first.more)
        request.before = 3
        world.request(1, "bob", .history(request))
        guard case .history(let second)? = world.take(1).first?.frame else { return #expect(Bool(false)) }
        #expect(second.entries.map(\.seq) == [1] && !second.more)
    }

    @Test func conversationsWaitForTheStore() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.receive("bob", from: "alice")
        _ = world.take(1)
        world.request(1, "bob", .conversations(ConversationsRequest()), ref: 2)
        #expect(world.take(1).isEmpty)
        world.storeAll()
        guard case .conversations(let answer)? = world.take(1).first?.frame else { return #expect(Bool(false)) }
        #expect(answer.conversations.map(\.peer) == [alice] && answer.conversations[0].unread == 1)
        world.receive("bob", from: "alice")
        _ = world.take(1)
        world.request(1, "bob", .conversations(ConversationsRequest()), ref: 3)
        world.tick(after: 6_000)
        #expect(world.take(1).map(\.error) == [.unavailable])
    }

    @Test func presenceIsAskedForAndBounded() {
        var world = HomeWorld()
        world.attach(1, "bob")
        var query = PresenceRequest()
        query.query = [Key("alice")!]
        world.request(1, "bob", .presence(query), ref: 1)
        guard case .presenceQuery(let token, let users)? = world.takeOther().last else { return #expect(Bool(false)) }
        #expect(users == query.query)
        world.run { home, _, now, actions in
            home.presence(token: token, .success([UserPresence(user: users[0])]), now: now, into: &actions)
        }
        query.query = (0...100).map { Key("u\($0)")! }
        world.request(1, "bob", .presence(query), ref: 2)
        query = PresenceRequest()
        query.subscribe = [Key("alice")!]
        world.request(1, "bob", .presence(query), ref: 3)
        world.request(1, "bob", .presence(PresenceRequest()), ref: 4)
        let answers = world.take(1)
        #expect(answers.map(\.ref) == [1, 2, 3, 4])
        #expect(answers.map(\.error) == [nil, .tooLarge, .invalid, nil])
    }

    @Test func framesThatAreNotForTheHomeAndUnknownSessions() {
        var world = HomeWorld()
        world.attach(1, "bob")
        for frame in [ClientFrame.hello(Hello()), .ping(Ping()), .renew(Renew()), .signal(Signal(to: alice))] {
            world.request(1, "bob", frame, ref: 8)
        }
        #expect(world.take(1).map(\.error) == [.invalid, .invalid, .invalid, .invalid])
        _ = world.takeOther()
        world.request(2, "bob", .sync(Sync()))
        world.request(1, "carol", .sync(Sync()))
        #expect(world.takeOther() == [.notHome(world.ref(2)), .notHome(world.ref(1))])
        world.holdsQueries = true
        world.attach(3, "dave")
        world.request(3, "dave", .sync(Sync()))
        #expect(world.takeOther().contains(.notHome(world.ref(3))))
    }

    @Test func signalsReachEverySessionAndAreCountedWhenNobodyIsThere() {
        var world = HomeWorld()
        world.attach(1, "bob", "a")
        world.attach(2, "bob", "b", edge: "two")
        world.say(.signal(from: Key("alice")!, to: Key("bob")!, type: "typing", content: nil))
        #expect(world.take(1).count == 1 && world.take(2).count == 1)
        world.say(.signal(from: Key("alice")!, to: Key("nobody")!, type: "typing", content: nil))
        #expect(world.home.counters.signalsDropped == 1 && world.home.counters.signalsDelivered == 1)
        var targets = world.home.signalTargets(Array("bob".utf8).span)!
        var found: [UInt64] = []
        while let target = world.home.next(&targets) { found.append(target.session) }
        #expect(found.sorted() == [1, 2])
        #expect(world.home.signalTargets(Array("nobody".utf8).span) == nil)
    }
}
