import Testing

@testable import MartletCore

/// The link between an edge and a home broke and came back, and both lived on (guarantee 8).
struct HomeRelinkTests {
    private let bob = Key("bob")!
    private let one = EdgeRef(node: NodeID("one")!, incarnation: 1)

    /// Three sessions of edge `one`, whose presence is told, and whose link comes back.
    private func relinked() -> HomeWorld {
        var world = HomeWorld()
        world.attach(1, "bob", "a", edge: "one")
        world.attach(2, "bob", "b", edge: "one")
        world.attach(3, "bob", "c", edge: "two")
        world.tick()
        _ = world.takeOther()
        relink(&world)
        return world
    }

    private func relink(_ world: inout HomeWorld) {
        world.run { $0.edgeRelinked(one, slot: $1, now: $2, into: &$3) }
    }

    private func number(_ world: HomeWorld, _ id: UInt64) -> UInt64 {
        world.attached.last { $0.session.id == id }!.attached.number
    }

    /// Who was told to be offline, and in which order.
    private func offline(_ actions: [HomeAction]) -> [String] {
        actions.flatMap { action -> [PresenceChange] in
            if case .presence(let changes) = action { changes } else { [] }
        }.compactMap { if case .offline(_, let device, _, _, _) = $0 { device.description } else { nil } }
    }

    private func forgotten(_ actions: [HomeAction]) -> [String] {
        actions.compactMap { if case .forget(let key) = $0 { key.device.description } else { nil } }
    }

    @Test func whoIsAttachedAgainWasNeverOffline() {
        var world = relinked()
        #expect(world.home.allSessions == [world.ref(3, edge: "two")])
        world.attach(1, "bob", "a", edge: "one", number: number(world, 1), live: true)
        world.attach(2, "bob", "b", edge: "one", number: number(world, 2), live: true)
        for _ in 0..<10 { world.tick(after: 1_000) }
        #expect(offline(world.takeOther()).isEmpty)
        #expect(world.home.allSessions.count == 3 && world.home.suspended.isEmpty)
    }

    @Test func whoIsNotIsOverAfterALease() {
        var world = relinked()
        let seen = world.now.wall
        world.attach(2, "bob", "b", edge: "one", number: number(world, 2), live: true)
        world.tick(after: 2_999)
        #expect(offline(world.takeOther()).isEmpty)
        world.tick(after: 1)
        world.tick()
        let actions = world.takeOther()
        #expect(offline(actions) == ["a"] && forgotten(actions) == ["a"])
        let change = PresenceChange.offline(
            user: bob, device: DeviceID("a")!, session: number(world, 1), epoch: 1, at: seen)
        #expect(actions.contains(.presence([change])), "last seen when the link was up")
        #expect(world.home.suspended.isEmpty)
    }

    @Test func theirEndIsToldAtOnce() {
        var world = relinked()
        world.say(.detach(session: world.ref(1, edge: "one"), user: bob))
        world.tick()
        let actions = world.takeOther()
        #expect(offline(actions) == ["a"] && forgotten(actions) == ["a"])
        for _ in 0..<10 { world.tick(after: 1_000) }
        #expect(offline(world.takeOther()) == ["b"])
    }

    @Test func anEdgeThatDiesMeanwhileTakesThemAlong() {
        var world = relinked()
        let earlier = EdgeRef(node: one.node, incarnation: 0)
        world.run { $0.edgeGone(earlier, slot: $1, now: $2, into: &$3) }
        #expect(world.home.suspended.count == 2)
        world.run { $0.edgeGone(one, slot: $1, now: $2, into: &$3) }
        world.tick()
        #expect(offline(world.takeOther()) == ["a", "b"])
        #expect(world.home.suspended.isEmpty)
    }

    /// The client did not wait: its device came by another edge while the old session was suspended.
    @Test func aNewerSessionOfTheDeviceIsNotTouched() {
        var world = relinked()
        world.attach(4, "bob", "a", edge: "two")
        for _ in 0..<10 { world.tick(after: 1_000) }
        let actions = world.takeOther()
        #expect(offline(actions) == ["b"] && forgotten(actions) == ["b"])
        #expect(world.home.allSessions.contains(world.ref(4, edge: "two")))
    }

    @Test func aLinkThatBreaksTwiceIsWaitedForOnce() {
        var world = relinked()
        world.tick(after: 2_000)
        world.attach(1, "bob", "a", edge: "one", number: number(world, 1), live: true)
        relink(&world)
        world.tick(after: 1_000)
        world.tick()
        #expect(offline(world.takeOther()) == ["b"], "the first time is over")
        world.tick(after: 2_000)
        world.tick()
        #expect(offline(world.takeOther()) == ["a"])
    }

    @Test func aSlotThatGoesTellsNothingOfThem() {
        var world = relinked()
        world.run { home, _, _, actions in home.stop(into: &actions) }
        for _ in 0..<10 { world.tick(after: 1_000) }
        #expect(offline(world.takeOther()).isEmpty && world.home.suspended.isEmpty)
    }

    /// What was written for it while the link was down is lost: the new attachment begins where the client is.
    @Test func whatWentIntoTheOldLinkIsPushedAgain() {
        var world = HomeWorld()
        world.attach(1, "bob", "a", edge: "one")
        let number = number(world, 1)
        let lost = world.receive("bob", from: "alice")
        _ = world.take(1)
        relink(&world)
        world.attach(1, "bob", "a", edge: "one", number: number, pushedUpTo: 0, live: true)
        let again = world.take(1)
        #expect(again.flatMap(\.seqs) == [lost] || again.compactMap(\.behind) == [lost])
    }
}
