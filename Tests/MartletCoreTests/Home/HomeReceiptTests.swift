import Testing

@testable import MartletCore

struct HomeReceiptTests {
    let bob = Key("bob")!
    let alice = Key("alice")!

    func ack(_ seq: Offset) -> ClientFrame {
        var ack = Ack()
        ack.seq = seq
        return .ack(ack)
    }

    func notes(_ actions: [HomeAction]) -> [ReceiptNote] {
        actions.flatMap { if case .receipts(_, let notes) = $0 { notes } else { [ReceiptNote]() } }
    }

    func operations(_ actions: [HomeAction]) -> [MailboxOperation] {
        actions.flatMap { if case .operations(let all) = $0 { all } else { [MailboxOperation]() } }
    }

    @Test func anAckMovesTheCursorAndTellsTheSenders() {
        var world = HomeWorld()
        world.attach(1, "bob")
        for from in ["alice", "carol", "alice", "alice"] { world.receive("bob", from: from) }
        world.request(1, "bob", ack(3))
        world.tick()
        let actions = world.takeOther()
        let device = DeviceID("phone")!
        #expect(operations(actions).contains(.cursor(user: bob, device: device, seq: 3, seen: world.now.wall)))
        let expected = [
            ReceiptNote(to: alice, from: bob, received: 1_003, read: 0),
            ReceiptNote(to: Key("carol")!, from: bob, received: 1_002, read: 0),
        ]
        #expect(notes(actions).sorted { $0.to < $1.to } == expected)
    }

    @Test func receiptsAreSaidAgainUntilTheyAreStored() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.receive("bob", from: "alice")
        world.request(1, "bob", ack(1))
        world.tick()
        let note = ReceiptNote(to: alice, from: bob, received: 1_001, read: 0)
        #expect(notes(world.takeOther()) == [note])
        world.tick()
        #expect(notes(world.takeOther()).isEmpty)
        world.tick(after: 2_000)
        #expect(notes(world.takeOther()) == [note])
        world.say(.receiptsStored(target: Slot(1), [note]))
        world.tick(after: 3_000)
        let actions = world.takeOther()
        #expect(notes(actions).isEmpty && operations(actions).contains(.receipted(user: bob, seq: 1)))
    }

    @Test func receiptsOfAPairAreGathered() {
        var settings = HomeWorld.settings
        settings.receiptMilliseconds = 500
        var world = HomeWorld(settings: settings)
        world.attach(1, "bob")
        for seq: Offset in 1...2 {
            world.receive("bob", from: "alice")
            world.request(1, "bob", ack(seq))
            world.tick(after: 100)
            #expect(notes(world.takeOther()).isEmpty)
        }
        world.tick(after: 500)
        #expect(notes(world.takeOther()) == [ReceiptNote(to: alice, from: bob, received: 1_002, read: 0)])
    }

    @Test func aReceiptIsPushedWithTheNextFrameOrAfterAWhile() {
        var settings = HomeWorld.settings
        settings.announceMilliseconds = 500
        var world = HomeWorld(settings: settings)
        world.attach(1, "bob")
        let first = world.accept("bob", to: "alice", n: 1)
        _ = world.take(1)
        world.say(.receipts(source: Slot(5), [ReceiptNote(to: bob, from: alice, received: first, read: 0)]))
        #expect(world.take(1).isEmpty)
        let second = world.accept("bob", to: "carol", n: 2)
        #expect(world.take(1).compactMap(\.receipt?.peerReceived) == [first])
        world.say(
            .receipts(source: Slot(6), [ReceiptNote(to: bob, from: Key("carol")!, received: second, read: 0)]))
        world.tick(after: 100)
        #expect(world.take(1).isEmpty)
        world.tick(after: 500)
        #expect(world.take(1).compactMap(\.receipt?.peerReceived) == [second])
        world.tick(after: 1_000)
        #expect(world.take(1).isEmpty)
    }

    @Test func anAckBeyondWhatWasSentIsInvalid() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.receive("bob", from: "alice")
        _ = world.take(1)
        world.request(1, "bob", ack(2), ref: 1)
        world.request(1, "bob", ack(-1), ref: 2)
        #expect(world.take(1).map(\.error) == [.invalid, .invalid])
    }

    @Test func aNewOwnerLooksUpWhatItsPredecessorOwed() {
        var world = HomeWorld()
        for _ in 0..<3 { world.receive("bob", from: "alice") }
        world.storeAll()
        world.store.apply(.cursor(user: bob, device: DeviceID("phone")!, seq: 2, seen: 0))
        world.ready()
        world.tick()
        #expect(notes(world.takeOther()) == [ReceiptNote(to: alice, from: bob, received: 1_002, read: 0)])
    }

    @Test func aCursorAheadOfMemoryIsLookedUp() {
        var world = HomeWorld()
        for _ in 0..<3 { world.receive("bob", from: "alice") }
        world.storeAll()
        world.attach(1, "bob", cursor: 3)
        world.tick()
        #expect(notes(world.takeOther()) == [ReceiptNote(to: alice, from: bob, received: 1_003, read: 0)])
    }

    @Test func receiptsThatComeInAreStoredPushedAndConfirmed() {
        var world = HomeWorld()
        world.attach(1, "bob")
        let own = world.accept("bob", to: "alice", n: 1)
        _ = world.take(1)
        let note = ReceiptNote(to: bob, from: alice, received: own, read: 0)
        world.say(.receipts(source: Slot(5), [note]))
        #expect(world.take(1).compactMap(\.receipt?.peerReceived) == [own])
        let peer = Peer(.user, alice)
        let actions = world.takeOther()
        #expect(operations(actions) == [.receipt(user: bob, conversation: peer, received: own, read: 0, at: own + 1)])
        // A step that was under way when it came does not hold it.
        world.run { $0.stored(upTo: own, slot: $1, now: $2, into: &$3) }
        #expect(world.takeOther().isEmpty)
        world.storeAll()
        #expect(world.takeOther() == [.receiptsStored(to: Slot(5), [note])])
        // The same again is confirmed, and no news.
        world.say(.receipts(source: Slot(5), [note]))
        #expect(world.take(1).isEmpty)
    }

    @Test func receiptsWaitForTheSlotAndMakeNoConversation() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.say(.receipts(source: Slot(5), [ReceiptNote(to: bob, from: alice, received: 5, read: 5)]))
        #expect(world.take(1).isEmpty)
        world.slot.isReady = false
        _ = world.takeOther()
        world.say(.receipts(source: Slot(5), [ReceiptNote(to: bob, from: alice, received: 5, read: 5)]))
        #expect(world.takeOther().isEmpty)
    }

    @Test func readingIsARecordAReceiptAndAnAnswer() {
        var world = HomeWorld()
        world.attach(1, "bob", "phone")
        world.attach(2, "bob", "desk")
        world.receive("bob", from: "alice")
        world.receive("bob", from: "alice")
        _ = (world.take(1), world.take(2))
        var read = Read(conversation: Peer(.user, alice))
        read.seq = 2
        world.request(1, "bob", .read(read), ref: 8, request: 3)
        let mark = ReadMark(user: bob, conversation: Peer(.user, alice), seq: 2)
        #expect(world.takeOther().contains(.write(mark)))
        #expect(world.take(1).isEmpty)
        world.decideRead(mark)
        #expect(world.delivered.first { $0.session == 1 }?.settles == .request(3))
        let (mine, other) = (world.take(1), world.take(2))
        #expect(mine.map(\.ref) == [8] && mine[0].receipt?.readUpTo == 2 && mine[0].receipt?.unread == 0)
        #expect(other.map(\.ref) == [nil] && other[0].receipt?.readUpTo == 2)
        world.tick()
        #expect(notes(world.takeOther()).contains(ReceiptNote(to: alice, from: bob, received: 0, read: 1_002)))
        // Read already: answered at once.
        world.request(2, "bob", .read(read), ref: 9)
        #expect(world.take(2).map(\.ref) == [9])
    }

    @Test func readingIntoTheMiddleIsCountedByTheStore() {
        var world = HomeWorld()
        world.attach(1, "bob")
        for _ in 0..<3 { world.receive("bob", from: "alice") }
        _ = world.take(1)
        var read = Read(conversation: Peer(.user, alice))
        read.seq = 1
        world.request(1, "bob", .read(read), ref: 8)
        world.decideRead(ReadMark(user: bob, conversation: Peer(.user, alice), seq: 1))
        #expect(world.take(1).isEmpty)
        world.storeAll()
        #expect(world.take(1).compactMap(\.receipt?.unread) == [2])
        world.tick()
        #expect(notes(world.takeOther()).contains(ReceiptNote(to: alice, from: bob, received: 0, read: 1_001)))
    }

    @Test func readsThatCannotBe() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.receive("bob", from: "alice")
        _ = world.take(1)
        var read = Read(conversation: Peer(.user, alice))
        world.request(1, "bob", .read(read), ref: 1)
        read.seq = 2
        world.request(1, "bob", .read(read), ref: 2)
        read = Read(conversation: Peer(.group, Key("team")!))
        read.seq = 1
        world.request(1, "bob", .read(read), ref: 3)
        #expect(world.take(1).map(\.error) == [.invalid, .invalid, .notFound])
        read = Read(conversation: Peer(.user, Key("carol")!))
        read.seq = 1
        world.request(1, "bob", .read(read), ref: 4)
        world.decideRead(ReadMark(user: bob, conversation: Peer(.user, Key("carol")!), seq: 1))
        world.storeAll()
        #expect(world.take(1).map(\.error) == [.notFound])
    }

    @Test func aMarkThatIsNotWrittenIsGivenUp() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.receive("bob", from: "alice")
        _ = world.take(1)
        var read = Read(conversation: Peer(.user, alice))
        read.seq = 1
        world.request(1, "bob", .read(read), ref: 1)
        _ = world.takeOther()
        world.tick(after: 2_100)
        #expect(world.takeOther().contains { if case .write = $0 { true } else { false } })
        world.tick(after: 3_000)
        #expect(world.take(1).map(\.error) == [.unavailable])
    }
}
