import MartletCore
import Testing

@Suite("A coordinator keeps the cluster map true")
struct CoordinatorMachineTests {
    @Test("The first nodes share the slots, with first epochs; then nothing changes and nothing is published")
    func first() throws {
        var world = CoordinatorWorld()
        world.pass(5_000)
        #expect(world.map == nil)
        world.join("a")
        world.join("b")
        world.pass(1_000)
        #expect(world.owned("a", "b") == [8, 8])
        let map = try #require(world.map)
        #expect(map.version == 1 && map.term == 1)
        #expect(map.slots.allSatisfy { $0.epoch == 1 && $0.movingTo == nil })
        #expect(map.nodes.map(\.id) == [node("a"), node("b")])
        world.pass(60_000)
        #expect(world.published.count == 1)
    }

    @Test("A new cluster has the slots that its nodes agree on, whatever its coordinator was told")
    func agreedSlots() {
        for (text, count) in [("8", 8), ("4096", 4096), ("0", 16), ("4097", 16), ("many", 16), ("", 16)] {
            var world = CoordinatorWorld(slots: 16)
            world.join("a")
            world.change("a") { $0.registration.agreed = [AgreedSetting(AgreedSetting.slots, text)] }
            world.pass(1_000)
            #expect(world.map?.slots.count == count, "\(text)")
        }
    }

    @Test("A node joins: slots are asked for, a few at a time, and move when they are let go")
    func join() {
        var world = CoordinatorWorld(slots: 256, maxMoving: 32)
        world.join("a")
        world.pass(1_000)
        world.join("b")
        world.ownersRelease = false
        world.pass(1_000)
        #expect(world.owned("a", "b") == [256, 0] && world.moving == 32)
        world.pass(1_000)
        #expect(world.moving == 32)
        world.ownersRelease = true
        world.pass(6_000)
        #expect(world.owned("a", "b") == [128, 128] && world.moving == 0)
        #expect(world.published.map { map in map.slots.count { $0.movingTo != nil } }.max() == 32)
        let moved = world.map!.slots.filter { $0.owner == node("b") }
        #expect(moved.allSatisfy { $0.epoch == 2 })
    }

    @Test("An owner that does not let go in time loses the slot all the same")
    func releaseTimeout() {
        var world = CoordinatorWorld()
        world.ownersRelease = false
        world.join("a")
        world.pass(1_000)
        world.join("b")
        world.pass(1_000)
        #expect(world.moving == 8)
        world.pass(4_000)
        #expect(world.owned("a", "b") == [16, 0])
        world.pass(1_000)
        #expect(world.owned("a", "b") == [8, 8] && world.moving == 0)
    }

    @Test("A release of an older epoch is no release")
    func oldRelease() {
        var world = CoordinatorWorld()
        world.ownersRelease = false
        world.reports = (0..<16).map { .released(Slot($0), 0) }
        world.join("a")
        world.pass(1_000)
        world.join("b")
        world.pass(2_000)
        #expect(world.owned("a", "b") == [16, 0] && world.moving == 8)
    }

    @Test("A silent node is dead when its lease ends: all its slots go at once, with the next epoch")
    func silent() {
        var world = CoordinatorWorld(slots: 256)
        for name in ["a", "b", "c"] { world.join(name) }
        world.pass(5_000)
        world.change("b") { $0.renews = false }
        world.pass(2_000)
        #expect(world.owned("b") == [85])
        world.pass(2_500)
        #expect(world.owned("a", "b", "c") == [128, 0, 128] && world.moving == 0 && world.unowned == 0)
        #expect(world.map?.node(node("b")) == nil)
        #expect(world.map!.slots.count { $0.epoch == 2 } == 85)
        #expect(world.events.contains { if case .gone(node("b"), .leaseEnded) = $0 { true } else { false } })
    }

    @Test("A node that said goodbye, or was found dead by a peer, is replaced with the hint, before its lease ends")
    func left() {
        var world = CoordinatorWorld()
        world.join("a")
        world.join("b")
        world.pass(1_000)
        world.change("a") { $0.left = true }
        world.hint()
        #expect(world.owned("a", "b") == [0, 16])
        #expect(world.events.contains(.gone(node("a"), .left)))
    }

    @Test("A node that comes back under its name as another incarnation keeps its slots under new epochs")
    func restarted() {
        var world = CoordinatorWorld()
        world.join("a")
        world.join("b")
        world.pass(1_000)
        let before = world.map!.slots
        world.join("a", incarnation: 2)
        world.pass(1_000)
        for (old, new) in zip(before, world.map!.slots) {
            #expect(new.owner == old.owner)
            #expect(new.epoch == old.epoch + (old.owner == node("a") ? 1 : 0))
        }
        #expect(world.events.contains(.gone(node("a"), .replaced)))
    }

    @Test("When the last node dies nobody owns the slots; the next one gets them with higher epochs")
    func nobody() {
        var world = CoordinatorWorld()
        world.join("a")
        world.pass(1_000)
        world.change("a") { $0.left = true }
        world.pass(1_000)
        #expect(world.unowned == 16)
        let versions = world.published.count
        world.pass(10_000)
        #expect(world.published.count == versions)
        world.join("b")
        world.pass(1_000)
        #expect(world.owned("b") == [16] && world.map!.slots.allSatisfy { $0.epoch == 2 })
    }

    @Test("A draining node is emptied by hand-offs and stays in the map; undrained, it takes its share again")
    func drain() {
        var world = CoordinatorWorld()
        world.join("a")
        world.join("b")
        world.pass(1_000)
        world.change("a") { $0.draining = true }
        world.pass(3_000)
        #expect(world.owned("a", "b") == [0, 16])
        #expect(world.map?.node(node("a"))?.state == .draining)
        world.change("a") { $0.draining = false }
        world.pass(3_000)
        #expect(world.owned("a", "b") == [8, 8])
    }

    @Test("If all drain they keep their slots; of one that dies then, a draining one gets none")
    func drainAll() {
        var world = CoordinatorWorld()
        world.join("a")
        world.join("b")
        world.pass(1_000)
        for name in ["a", "b"] { world.change(name) { $0.draining = true } }
        world.pass(3_000)
        #expect(world.owned("a", "b") == [8, 8] && world.moving == 0)
        world.change("a") { $0.left = true }
        world.pass(1_000)
        #expect(world.owned("a", "b") == [0, 8] && world.unowned == 8)
    }

    @Test("If the node that slots move to dies, they stay where they are; those already let go are given out again")
    func targetDies() {
        var world = CoordinatorWorld()
        world.ownersRelease = false
        world.join("a")
        world.pass(1_000)
        world.join("b")
        world.pass(1_000)
        let asked = world.map!.slots.indices.filter { world.map!.slots[$0].movingTo != nil }
        world.reports = [.released(Slot(asked[0]), 1)]
        world.change("b") { $0.left = true }
        world.pass(1_000)
        #expect(world.owned("a", "b") == [16, 0] && world.moving == 0)
        #expect(world.map!.slots.indices.filter { world.map!.slots[$0].epoch == 2 } == [asked[0]])
    }

    @Test("If the owner of slots that move dies, those it was asked for go where they were going")
    func ownerDies() {
        var world = CoordinatorWorld()
        world.ownersRelease = false
        world.join("a")
        world.pass(1_000)
        world.join("b")
        world.join("c")
        world.pass(1_000)
        let asked = world.map!.slots.map(\.movingTo)
        world.change("a") { $0.left = true }
        world.pass(1_000)
        #expect(world.owned("b", "c") == [8, 8] && world.moving == 0)
        for (target, slot) in zip(asked, world.map!.slots) where target != nil { #expect(slot.owner == target) }
    }

    @Test("Owners' higher epochs raise the map's, and lower, absurd or misplaced ones do nothing")
    func higherEpochs() {
        var world = CoordinatorWorld()
        world.join("a")
        world.pass(1_000)
        world.reports = [.owns(Slot(3), 9), .owns(Slot(4), 0), .owns(Slot(99), 5), .released(Slot(5), .max)]
        world.pass(1_000)
        #expect(world.map!.slots.map(\.epoch) == [1, 1, 1, 9] + Array(repeating: 1, count: 12))
        world.change("a") { $0.left = true }
        world.join("b")
        world.pass(1_000)
        #expect(world.map!.slots[3] == .init(owner: node("b"), epoch: 10))
    }

    @Test("A pinned slot moves to its node and stays")
    func pin() {
        var world = CoordinatorWorld()
        world.join("a")
        world.join("b")
        world.pass(1_000)
        let slot = world.map!.slots.firstIndex { $0.owner == node("a") }!
        world.pins = [(Slot(slot), node("b"))]
        world.pass(2_000)
        #expect(world.map!.slots[slot].owner == node("b"))
        #expect(world.owned("a", "b") == [8, 8])
    }

    @Test("A cluster keeps the number of slots it began with")
    func slotCount() {
        var world = CoordinatorWorld(slots: 16)
        world.join("a")
        world.pass(1_000)
        world.machines = []
        world.configuration.slots = 64
        world.addCoordinator("other")
        world.join("b")
        world.pass(6_000)
        #expect(world.map?.slots.count == 16 && world.owned("a", "b") == [8, 8])
    }
}
