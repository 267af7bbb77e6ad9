import MartletCore
import Testing

@Suite("Coordinators take turns, and distrust a store that was away")
struct CoordinatorLeadershipTests {
    @Test("Of two coordinators one leads; when it dies the other goes on from the map, in a higher term")
    func takeover() {
        var world = CoordinatorWorld(coordinators: 2)
        world.ownersRelease = false
        world.join("a")
        world.pass(1_000)
        world.join("b")
        world.pass(1_000)
        #expect(world.machines.map(\.leads) == [true, false])
        let before = world.map!
        #expect(world.moving == 8)
        world.machines.removeFirst()
        world.pass(4_000)
        #expect(world.machines[0].leads && world.map == before)
        #expect(world.events.contains(.leads(term: 2)))
        world.ownersRelease = true
        world.pass(2_000)
        #expect(world.owned("a", "b") == [8, 8])
        #expect(world.map?.term == 2)
    }

    @Test("An old leader that was paused publishes nothing any more")
    func pausedLeader() {
        var world = CoordinatorWorld(coordinators: 1)
        world.join("a")
        world.pass(1_000)
        let paused = world.machines
        world.machines = []
        world.addCoordinator("c1")
        world.pass(4_000)
        world.machines += paused
        world.join("b")
        world.pass(2_000)
        #expect(world.machines.map(\.leads) == [true, false])
        #expect(world.published.dropFirst().allSatisfy { $0.term == 2 })
    }

    @Test("A publication that the store refuses costs the leadership until the store confirms it")
    func refused() {
        var machine = CoordinatorMachine(id: "c")
        let row = NodeRow(
            registration: .init(id: node("a"), incarnation: 1, linkAddress: "", clientAddress: ""), worker: 0)
        _ = machine.tick(Now(wall: 0, monotonic: 0))
        _ = machine.led(.success(.init(leader: "c", term: 4)))
        let actions = machine.read(.success(.init(nodes: [row], reports: [], map: nil)))
        guard case .publish(let map, term: 4)? = actions.last else {
            Issue.record("nothing published")
            return
        }
        #expect(map.version == 1 && map.term == 4)
        guard case .note(.publishRefused(version: 1))? = machine.published(.success(false)).first else {
            Issue.record("no note")
            return
        }
        #expect(!machine.leads && machine.hint().isEmpty)
    }

    @Test("A map of a later term silences a leader that does not know yet")
    func laterTerm() {
        var machine = CoordinatorMachine(id: "c")
        _ = machine.tick(Now(wall: 0, monotonic: 0))
        _ = machine.led(.success(.init(leader: "c", term: 4)))
        let later = ClusterMap(version: 9, term: 5, nodes: [], slots: [.init(owner: node("x"), epoch: 1)])
        #expect(machine.read(.success(.init(nodes: [], reports: [], map: later))).isEmpty)
    }

    @Test("A store that was away for long comes back with old leases: nobody is declared dead for it")
    func storeOutage() {
        var world = CoordinatorWorld()
        for name in ["a", "b", "c"] { world.join(name) }
        world.pass(1_000)
        let map = world.map
        world.storeAnswers = false
        world.pass(60_000)
        #expect(world.events.contains(.storeFailed(.unavailable)))
        world.storeAnswers = true
        // The coordinator comes first, before any node has renewed.
        for name in ["a", "b", "c"] { world.change(name) { $0.renews = false } }
        world.pass(1_500)
        #expect(world.map == map)
        for name in ["a", "c"] { world.change(name) { $0.renews = true } }
        world.pass(4_000)
        // The one that stays away is dead one lease time later.
        #expect(world.owned("a", "b", "c") == [8, 0, 8])
    }

    @Test("A coordinator that starts believes goodbyes at once, and old leases one lease time later")
    func start() {
        var world = CoordinatorWorld()
        for name in ["a", "b", "c"] { world.join(name) }
        world.pass(1_000)
        world.machines = []
        world.change("a") { $0.left = true }
        world.change("b") { $0.renews = false }
        world.pass(10_000)
        world.addCoordinator("new")
        world.pass(1_000)
        #expect(world.owned("a", "b", "c") == [0, 8, 8])
        world.pass(4_000)
        #expect(world.owned("a", "b", "c") == [0, 0, 16])
    }

    @Test("A node whose lease had ended before it was ever in the map gets nothing, grace or not")
    func neverSeen() {
        var world = CoordinatorWorld()
        world.join("a")
        world.change("a") {
            $0.renewedAt -= 5_000
            $0.renews = false
        }
        world.pass(3_000)
        #expect(world.map == nil)
    }

    @Test("One thing is in flight at a time; hints meanwhile make one round behind it; strange answers do nothing")
    func rounds() {
        var machine = CoordinatorMachine(id: "c")
        #expect(machine.hint().count == 1, "the first round leads")
        #expect(machine.tick(Now(wall: 0, monotonic: 5_000)).isEmpty && machine.hint().isEmpty)
        #expect(machine.read(.failure(.closed)).isEmpty && machine.published(.success(true)).isEmpty)
        var actions = machine.led(.success(.init(leader: "c", term: 1)))
        guard case .readSnapshot? = actions.last else {
            Issue.record("no snapshot")
            return
        }
        #expect(machine.hint().isEmpty && machine.hint().isEmpty)
        let empty = ClusterSnapshot(nodes: [], reports: [], map: nil)
        actions = machine.read(.success(empty))
        #expect(actions.count == 1, "one round behind it: the lease is due first")
        guard case .lead? = actions.first else {
            Issue.record("no lead")
            return
        }
    }
}
