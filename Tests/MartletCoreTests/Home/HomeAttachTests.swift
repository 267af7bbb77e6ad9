import Testing

@testable import MartletCore

struct HomeAttachTests {
    let bob = Key("bob")!

    @Test func aNewDeviceOfAnEmptyMailboxIsLive() {
        var world = HomeWorld()
        world.attach(1, "bob")
        let attached = world.attached[0].attached
        #expect(attached.live && !attached.resync && attached.head == 0 && attached.cursor == 0)
        #expect(attached.generation == 99 && attached.number == 1 << 32 | 1)
        #expect(world.take(1).isEmpty)
        let device = DeviceKey(user: bob, device: DeviceID("phone")!)
        #expect(world.takeOther().contains(.deviceLoaded(device, nil, asOfForwarded: 0)))
        world.tick()
        guard case .presence(let changes) = world.takeOther().first, case .online(let row) = changes.first else {
            Issue.record("no presence")
            return
        }
        #expect(row.user == bob && row.home == NodeID("home")! && row.epoch == 1 && row.since == 5)
    }

    @Test func aCursorBelowTheHeadIsBehind() {
        var world = HomeWorld()
        let seq = world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob")
        #expect(!world.attached[0].attached.live && world.attached[0].attached.head == seq)
        #expect(world.take(1).map(\.behind) == [seq])
        world.attach(2, "bob", "desk", cursor: seq)
        #expect(world.attached[1].attached.live)
    }

    @Test func anotherLogAndACursorBeyondTheEndAreResync() {
        var world = HomeWorld()
        world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob", "a", cursor: 1, generation: 98)
        world.attach(2, "bob", "b", cursor: 2)
        world.attach(3, "bob", "c", cursor: -1)
        world.attach(4, "bob", "d", cursor: 0, generation: 98)
        #expect(world.attached.map(\.attached.resync) == [true, true, true, false])
        #expect(world.attached.allSatisfy { $0.attached.cursor == 0 && !$0.attached.live })
    }

    @Test func theSameDeviceTwiceReplacesTheOlder() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.attach(2, "bob")
        let edge = EdgeRef(node: NodeID("edge")!, incarnation: 1)
        #expect(
            world.takeOther().contains(
                .close(edge: edge, sessions: [1], .replaced, reason: "a newer session of this device")))
        // The older comes again, from its edge that knew nothing: the larger number stays.
        world.attach(1, "bob", number: world.attached[0].attached.number)
        #expect(world.takeOther().contains { if case .close(_, [1], .replaced, _) = $0 { true } else { false } })
        #expect(world.home.allSessions == [world.ref(2)])
        #expect(world.home.counters.replaced == 1)
    }

    @Test func theSeventeenthSessionIsRefused() {
        var world = HomeWorld()
        for id in 1...16 { world.attach(UInt64(id), "bob", "d\(id)") }
        world.attach(17, "bob", "d17")
        #expect(world.takeOther().contains { if case .close(_, [17], .conflict, _) = $0 { true } else { false } })
        #expect(world.attached.count == 16)
        // A device that has its place may come again.
        world.attach(18, "bob", "d16")
        #expect(world.attached.count == 17)
    }

    @Test func attachesWaitForTheSlot() {
        var world = HomeWorld()
        world.slot.isReady = false
        world.attach(1, "bob")
        world.attach(2, "carol")
        world.say(.detach(session: world.ref(2), user: Key("carol")!))
        #expect(world.attached.isEmpty && world.home.allSessions == [world.ref(1)])
        world.slot.isReady = true
        world.ready()
        #expect(world.attached.map(\.session.id) == [1])
    }

    @Test func anAnswerFromBeforeTheStoreMovedIsAskedForAgain() {
        var world = HomeWorld()
        world.holdsQueries = true
        world.attach(1, "bob")
        let (token, query) = world.queries.removeFirst()
        let stale = world.store.answer(query)
        let seq = world.receive("bob", from: "alice")
        world.storeAll()
        world.answer(token, .success(stale))
        #expect(world.attached.isEmpty && world.queries.count == 1)
        world.answerQueries()
        #expect(world.attached[0].attached.head == seq)
    }

    @Test func whatIsDecidedAndNotStoredCounts() {
        var world = HomeWorld()
        let seq = world.receive("bob", from: "alice")
        world.attach(1, "bob")
        #expect(world.attached[0].attached.head == seq && !world.attached[0].attached.live)
    }

    @Test func aStoreThatIsAwayMakesAttachesWait() {
        var world = HomeWorld()
        world.failsQueries = true
        world.attach(1, "bob")
        #expect(world.attached.isEmpty)
        world.tick(after: 250)
        #expect(world.attached.isEmpty)
        world.failsQueries = false
        world.tick(after: 250)
        #expect(world.attached.count == 1)
    }

    @Test func aRepeatedAttachGetsWhatCameBetween() {
        var world = HomeWorld()
        let first = world.receive("bob", from: "alice")
        world.storeAll()
        let second = world.receive("bob", from: "alice")
        let third = world.receive("bob", from: "carol")
        world.attach(1, "bob", cursor: first, number: 9, pushedUpTo: second, live: true)
        #expect(world.attached[0].attached.live && world.attached[0].attached.number == 9)
        let pushed = world.take(1)
        #expect(pushed.flatMap(\.seqs) == [third])
        #expect(pushed[0].entry?.prev == second && pushed[0].entry?.prevInConversation == 0)
    }

    @Test func aRepeatedAttachFurtherBackThanMemoryIsBehind() {
        var world = HomeWorld()
        let first = world.receive("bob", from: "alice")
        let second = world.receive("bob", from: "alice")
        world.storeAll()
        world.attach(1, "bob", cursor: first, number: 9, pushedUpTo: first, live: true)
        #expect(!world.attached[0].attached.live)
        #expect(world.take(1).map(\.behind) == [second])
    }

    @Test func theDeviceStateTellsWhatWasRejected() {
        var world = HomeWorld()
        let key = DeviceKey(user: bob, device: DeviceID("phone")!)
        world.slot.devices[key] = DeviceState(
            last: 7, outcomes: [.accepted(id: MessageID(1), seq: 3), .rejected(.forbidden), .rejected(.notFound)])
        world.attach(1, "bob")
        #expect(world.attached[0].attached.lastClientSequence == 7)
        #expect(world.attached[0].attached.rejectedClientSequences == [6, 7])
    }

    @Test func leavingTellsPresenceAndForgetsTheDevice() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.tick()
        _ = world.takeOther()
        world.say(.detach(session: world.ref(1), user: bob))
        world.tick()
        let actions = world.takeOther()
        let device = DeviceID("phone")!
        #expect(actions.contains(.forget(DeviceKey(user: bob, device: device))))
        let number = world.attached[0].attached.number
        let offline = PresenceChange.offline(
            user: bob, device: device, session: number, epoch: 1, at: world.now.wall - 50)
        #expect(actions.contains(.presence([offline])))
        #expect(world.home.allSessions.isEmpty && world.home.users.count == 0)
        world.say(.detach(session: world.ref(1), user: bob))
        #expect(world.takeOther().isEmpty)
    }

    @Test func anEdgeThatIsGoneTakesItsSessionsAlong() {
        var world = HomeWorld()
        world.attach(1, "bob", "a", edge: "one")
        world.attach(1, "bob", "b", edge: "two")
        world.attach(2, "carol", "c", edge: "one")
        let one = EdgeRef(node: NodeID("one")!, incarnation: 1)
        world.run { $0.edgeGone(one, slot: $1, now: $2, into: &$3) }
        #expect(world.home.allSessions == [world.ref(1, edge: "two")])
        let earlier = EdgeRef(node: NodeID("two")!, incarnation: 0)
        world.run { $0.edgeGone(earlier, slot: $1, now: $2, into: &$3) }
        #expect(world.home.allSessions.count == 1)
    }

    @Test func aSlotThatGoesSendsItsSessionsAway() {
        var world = HomeWorld()
        world.attach(1, "bob")
        world.slot.isReady = false
        world.attach(2, "carol")
        world.run { home, _, _, actions in home.stop(into: &actions) }
        let actions = world.takeOther()
        #expect(actions.contains(.notHome(world.ref(1))) && actions.contains(.notHome(world.ref(2))))
        #expect(world.home.allSessions.isEmpty)
    }
}
