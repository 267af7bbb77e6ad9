import MartletCore
import Testing

/// Random histories: nodes join, die, say goodbye, drain, come back; owners are slow; coordinators and the store go
/// away. The world itself checks every published map's epochs.
@Suite("Coordinators through random histories")
struct CoordinatorHistoryTests {
    @Test("When things calm down, every history ends level, with nothing under way", arguments: 0..<20)
    func history(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var world = CoordinatorWorld(slots: 32, maxMoving: 1 + random.below(8), coordinators: 2)
        for step in 0..<40 {
            disturb(&world, &random, step)
            world.pass(Int64(random.below(30)) * 100)
            #expect(world.moving <= world.configuration.maxMoving)
        }
        calm(&world)
        let living = world.members.filter { !$0.left && $0.renews }.map(\.registration.id)
        let loads = living.map { id in world.map!.slots.count { $0.owner == id } }
        #expect(loads.max()! - loads.min()! <= 1 && loads.reduce(0, +) == 32)
        #expect(world.moving == 0 && world.map!.nodes.map(\.id) == living)
    }

    private func disturb(_ world: inout CoordinatorWorld, _ random: inout SplitMix, _ step: Int) {
        let name = ["a", "b", "c", "d", "e"][random.below(5)]
        switch random.below(9) {
        case 0...2: world.join(name, incarnation: UInt64(step + 2))
        case 3: world.change(name) { $0.renews = false }
        case 4: world.change(name) { $0.left = true }
        case 5: world.change(name) { $0.draining.toggle() }
        case 6: world.ownersRelease.toggle()
        case 7: world.storeAnswers.toggle()
        default:
            world.machines.removeFirst()
            world.addCoordinator("c\(step + 10)")
        }
    }

    private func calm(_ world: inout CoordinatorWorld) {
        world.storeAnswers = true
        world.ownersRelease = true
        world.join("z", incarnation: 1_000)
        for name in ["a", "b", "c", "d", "e"] { world.change(name) { $0.draining = false } }
        world.pass(60_000)
    }
}
