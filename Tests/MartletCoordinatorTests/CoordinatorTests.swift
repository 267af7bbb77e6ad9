import Dispatch
import MartletCoordinator
import MartletCore
import Synchronization
import Testing

/// Runs what was posted when the test says so, and keeps what was noted.
private final class Desk: Sendable {
    private let posted = Mutex<[@Sendable () -> Void]>([])
    private let noted = Mutex<[CoordinatorEvent]>([])

    var waiting: Int { posted.withLock { $0.count } }
    var events: [CoordinatorEvent] { noted.withLock { $0 } }

    func post(_ work: @escaping @Sendable () -> Void) { posted.withLock { $0.append(work) } }
    func note(_ event: CoordinatorEvent) { noted.withLock { $0.append(event) } }

    func run() {
        let work = posted.withLock { posted in
            defer { posted = [] }
            return posted
        }
        for step in work { step() }
    }
}

private struct Fixture {
    let store = FakeClusterStore()
    let desk = Desk()
    let coordinator: Coordinator

    init() {
        coordinator = Coordinator(
            id: "c1", store: store, configuration: CoordinatorConfiguration(slots: 8), post: desk.post,
            note: desk.note)
    }

    func tick(_ milliseconds: Int64) { coordinator.tick(now: Now(wall: 0, monotonic: milliseconds)) }

    /// Until the store has nothing more to answer.
    func settle() {
        repeat { desk.run() } while store.deliver() > 0 || desk.waiting > 0
    }
}

@Suite("The coordinator's shell carries out what its machine decides")
struct CoordinatorTests {
    @Test("A round leads, reads and publishes, one call at a time, each answer through `post`")
    func round() {
        let fixture = Fixture()
        fixture.store.add("a")
        fixture.coordinator.start()
        fixture.tick(1_000)
        #expect(fixture.store.calls == ["lead"])
        fixture.store.deliver()
        #expect(fixture.store.calls == ["lead"], "the answer waits for its turn")
        fixture.desk.run()
        #expect(fixture.store.calls == ["lead", "snapshot"] && fixture.coordinator.leads)
        fixture.settle()
        #expect(fixture.store.calls == ["lead", "snapshot", "publish"])
        #expect(fixture.store.map?.slots.count == 8)
        #expect(fixture.coordinator.leadership == Leadership(leader: "c1", term: 1))
        #expect(
            fixture.desk.events == [
                .leads(term: 1), .joined(NodeID(trusted: Array("a".utf8))),
                .published(version: 1, reassigned: 8, moving: 0, unowned: 0),
            ])
    }

    @Test("Before the start and after the stop it does nothing, not even with answers under way")
    func startStop() {
        let fixture = Fixture()
        fixture.tick(1_000)
        #expect(fixture.store.calls.isEmpty)
        fixture.coordinator.start()
        fixture.tick(1_000)
        fixture.coordinator.stop()
        fixture.settle()
        fixture.tick(9_000)
        fixture.store.hint()
        fixture.settle()
        #expect(fixture.store.calls == ["lead", "resign"] && !fixture.coordinator.leads)
    }

    @Test("One that stops gives its lease back, and says when the store has heard it")
    func resigning() {
        let fixture = Fixture()
        let told = Mutex(0)
        fixture.coordinator.stop { told.withLock { $0 += 1 } }
        #expect(told.withLock { $0 } == 1 && fixture.store.calls.isEmpty, "it never ran: there is nothing to give back")
        fixture.coordinator.start()
        fixture.tick(1_000)
        fixture.settle()
        #expect(fixture.coordinator.leads)
        fixture.coordinator.stop { told.withLock { $0 += 1 } }
        #expect(fixture.store.calls.last == "resign" && told.withLock { $0 } == 1)
        fixture.settle()
        #expect(told.withLock { $0 } == 2 && fixture.store.state.withLock { $0.leader } == nil)
    }

    @Test("A hint makes an immediate round, and a hundred of them make one")
    func hints() {
        let fixture = Fixture()
        fixture.coordinator.start()
        fixture.coordinator.start()
        fixture.tick(1_000)
        fixture.settle()
        for _ in 0..<100 { fixture.store.hint() }
        #expect(fixture.desk.waiting == 1)
        fixture.store.add("a")
        fixture.settle()
        #expect(fixture.store.calls == ["lead", "snapshot", "snapshot", "publish"])
        fixture.store.hint()
        fixture.settle()
        #expect(fixture.store.calls.suffix(2) == ["publish", "snapshot"])
    }

    @Test("A store that fails is told of, and tried again with the next interval")
    func failure() {
        let fixture = Fixture()
        fixture.store.state.withLock { $0.failure = .unavailable }
        fixture.coordinator.start()
        fixture.tick(1_000)
        fixture.settle()
        #expect(fixture.desk.events == [.storeFailed(.unavailable)] && fixture.coordinator.leadership == nil)
        fixture.store.state.withLock { $0.failure = nil }
        fixture.tick(1_500)
        #expect(fixture.store.calls == ["lead"])
        fixture.tick(2_000)
        fixture.settle()
        #expect(fixture.coordinator.leads)
    }

    @Test("One that follows reads nothing and publishes nothing")
    func follower() {
        let fixture = Fixture()
        fixture.store.state.withLock { $0.leader = Leadership(leader: "other", term: 7) }
        fixture.store.add("a")
        fixture.coordinator.start()
        for time in Int64(1)...3 {
            fixture.tick(time * 1_000)
            fixture.settle()
        }
        fixture.store.hint()
        fixture.settle()
        #expect(fixture.store.calls == ["lead", "lead", "lead"])
        #expect(fixture.desk.events == [.follows(leader: "other", term: 7)])
    }

    @Test("A coordinator that was given up is not kept by the store or by what is posted")
    func released() {
        let store = FakeClusterStore()
        let desk = Desk()
        weak var kept: Coordinator?
        do {
            let coordinator = Coordinator(id: "c", store: store, post: desk.post)
            coordinator.start()
            coordinator.tick(now: Now(wall: 0, monotonic: 0))
            kept = coordinator
        }
        #expect(kept == nil)
        store.hint()
        store.deliver()
        desk.run()
        #expect(store.calls == ["lead"])
    }

    @Test("With a serial queue, answers and hints from other threads, it publishes once")
    func threads() async {
        let store = FakeClusterStore()
        for name in ["a", "b", "c"] { store.add(name) }
        let queue = DispatchQueue(label: "coordinator")
        let (events, continuation) = AsyncStream.makeStream(of: CoordinatorEvent.self)
        let coordinator = Coordinator(
            id: "c", store: store, post: { work in queue.async(execute: work) }, note: { continuation.yield($0) })
        coordinator.start()
        queue.async { coordinator.tick(now: Now(wall: 0, monotonic: 0)) }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    while !Task.isCancelled {
                        store.hint()
                        store.deliver()
                        await Task.yield()
                    }
                }
            }
            let published = await events.first { if case .published = $0 { true } else { false } }
            #expect(published == .published(version: 1, reassigned: 256, moving: 0, unowned: 0))
            group.cancelAll()
        }
        #expect(store.calls.count { $0 == "publish" } == 1)
    }
}
