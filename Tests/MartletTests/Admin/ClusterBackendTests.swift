import MartletAdmin
import MartletCoordinator
import MartletCore
import MartletGateway
import MartletIO
import Testing

@testable import martlet

/// What a process answers from the stores, whatever they do.
@Suite struct ClusterBackendTests {
    private let slots = 4
    private let alice = Key("alice")!

    private func row(_ name: String, age: Int64 = 100, left: Bool = false) -> NodeRow {
        let registration = NodeRegistration(
            id: NodeID(name)!, incarnation: 5, linkAddress: "l", clientAddress: "c", version: "1")
        return NodeRow(registration: registration, worker: 3, leaseAgeMilliseconds: age, left: left)
    }

    private func map(_ owners: [String?], epoch: Epoch = 2) -> ClusterMap {
        ClusterMap(
            version: 9, term: 4, nodes: [],
            slots: owners.map { ClusterMap.Assignment(owner: $0.flatMap { NodeID($0) }, epoch: epoch) })
    }

    private func online(epoch: Epoch = 2) -> PresenceRow {
        PresenceRow(
            user: alice, device: DeviceID("d")!, session: 1, edge: NodeID("a")!, edgeIncarnation: 5,
            home: NodeID("b")!, homeIncarnation: 5, epoch: epoch, since: 3)
    }

    private func backend(
        _ cluster: FakeCluster, _ presence: FakePresence = FakePresence([]),
        _ change: (inout AdminSources) -> Void = { _ in }
    ) -> ClusterBackend {
        var sources = AdminSources(cluster: cluster, presence: presence, slots: slots, registry: MetricsRegistry())
        change(&sources)
        return ClusterBackend(sources)
    }

    private func ask<Value: Sendable>(_ question: (@escaping AdminDone<Value>) -> Void) -> Result<Value, AdminError>? {
        let answer = Answer<Result<Value, AdminError>>()
        question { answer.set($0) }
        return answer.value(waitingAtMost: 10_000)
    }

    private func presence(_ backend: ClusterBackend, _ users: [Key]) throws -> [PresenceReport] {
        try #require(ask { backend.presence(of: users, done: $0) }).get()
    }

    // MARK: presence

    @Test func withoutAGatewayTheStoresAreAsked() throws {
        let cluster = FakeCluster([row("a"), row("b", age: 900)], map(["b", "b", "b", "b"]))
        let reports = try presence(backend(cluster, FakePresence([online()])), [alice, Key("bob")!])
        #expect(reports.map(\.user) == [alice, Key("bob")!])
        #expect(reports[0].state == .online && reports[0].slot == Slot(of: alice, slots: slots))
        #expect(reports[0].devices[0].evidence.epoch == 2)
        #expect((900...2_000).contains(reports[0].devices[0].evidence.leaseAgeMilliseconds ?? -1))
        #expect(reports[1].state == .offline && reports[1].devices.isEmpty && reports[1].reason == nil)
    }

    @Test func aDeadEdgeIsOfflineAndAnOldEpochUnknown() throws {
        let cluster = FakeCluster([row("a", left: true), row("b")], map(["b", "b", "b", "b"]))
        #expect(try presence(backend(cluster, FakePresence([online()])), [alice])[0].state == .offline)
        let moved = FakeCluster([row("a"), row("b"), row("c")], map(["c", "c", "c", "c"], epoch: 3))
        #expect(try presence(backend(moved, FakePresence([online()])), [alice])[0].state == .unknown)
    }

    @Test(arguments: [FakeCluster.Mood.isAway, .hangs])
    func aClusterStoreThatIsAwayMakesItUnknown(mood: FakeCluster.Mood) throws {
        let cluster = FakeCluster([row("a"), row("b")], map(["b", "b", "b", "b"]))
        cluster.become(mood)
        let report = try presence(backend(cluster, FakePresence([online()])), [alice])[0]
        #expect(report.state == .unknown && report.devices.isEmpty)
        #expect(report.reason == "presence cannot be read now (unavailable)" && report.asOf > 0)
    }

    @Test func aPresenceStoreThatIsAwayMakesItUnknown() throws {
        let cluster = FakeCluster([row("a"), row("b")], map(["b", "b", "b", "b"]))
        #expect(
            try presence(backend(cluster, FakePresence(nil)), [alice, alice]).map(\.state) == [.unknown, .unknown])
        #expect(try presence(backend(FakeCluster(), FakePresence([])), [alice]).map(\.state) == [.unknown], "no map")
    }

    // MARK: the cluster

    @Test func theReportSaysWhoIsDeadAndWhoDrains() throws {
        var draining = row("c")
        draining.draining = true
        let cluster = FakeCluster(
            [row("a"), row("b", age: 3_001), draining, row("d", left: true)], map(["a", "a", "c", nil]))
        let backend = backend(cluster)
        let report = try #require(ask { backend.cluster(done: $0) }).get()
        #expect(report.nodes.map(\.state) == [.up, .dead, .draining, .dead])
        #expect(report.nodes.map(\.slots) == [2, 0, 1, 0] && report.nodes.allSatisfy { $0.connections == nil })
        #expect(report.version == 9 && report.term == 4 && report.leader == nil)
        #expect(report.slots.map(\.state) == [.settled, .settled, .settled, .unowned])
    }

    @Test func drainsAndPinsAreOnRecord() throws {
        let cluster = FakeCluster([row("a")], map(["a", "a", "a", "a"]))
        let backend = backend(cluster)
        let (a, b) = (NodeID("a")!, NodeID("b")!)
        #expect(try #require(ask { backend.setDraining(a, true, done: $0) }).get().state == .draining)
        #expect(try #require(ask { backend.setDraining(a, false, done: $0) }).get().state == .up)
        #expect(ask { backend.setDraining(b, true, done: $0) } == .failure(AdminError(.notFound, "no node b")))
        #expect(try #require(ask { backend.setPin(Slot(3), to: a, done: $0) }).get().pinnedTo == a)
        #expect(try #require(ask { backend.setPin(Slot(3), to: nil, done: $0) }).get().pinnedTo == nil)
        #expect(ask { backend.setPin(Slot(3), to: b, done: $0) } == .failure(AdminError(.notFound, "no node b")))
        #expect(
            ask { backend.setPin(Slot(4), to: a, done: $0) }
                == .failure(AdminError(.notFound, "no slot 4: there are 4")))
    }

    @Test(arguments: [FakeCluster.Mood.isAway, .hangs])
    func aStoreThatIsAwayIsNamed(mood: FakeCluster.Mood) {
        let cluster = FakeCluster([row("a")], map(["a", "a", "a", "a"]))
        cluster.become(mood)
        let (backend, a) = (backend(cluster), NodeID("a")!)
        let away = AdminError(.unavailable, "the cluster store cannot be reached now (unavailable)")
        #expect(ask { backend.cluster(done: $0) } == .failure(away))
        if mood == .hangs { return }
        #expect(ask { backend.map(done: $0) } == .failure(away))
        #expect(ask { backend.setDraining(a, true, done: $0) } == .failure(away))
        #expect(ask { backend.setPin(Slot(0), to: nil, done: $0) } == .failure(away))
    }

    // MARK: readiness

    @Test func aGatewayNamesWhatItWaitsFor() {
        let node = NodeID("a")!
        var status = GatewayStatus()
        #expect(ClusterBackend.waiting(node, status) == ["a to join"])
        status.reachesStore = false
        #expect(ClusterBackend.waiting(node, status) == ["the cluster store", "a to join"])
        status.isMember = true
        status.startingSlots = 3
        #expect(
            ClusterBackend.waiting(node, status) == ["the cluster store", "a cluster map", "3 slots that are starting"])
        status.reachesStore = true
        status.hasMap = true
        status.startingSlots = 0
        #expect(ClusterBackend.waiting(node, status) == [])
        status.isDraining = true
        #expect(ClusterBackend.waiting(node, status) == ["a to be undrained"])
    }

    private func coordinator(_ store: FakeCluster) -> Coordinator {
        Coordinator(id: "c", store: store, post: { $0() })
    }

    @Test func aCoordinatorWaitsForTheStoreAndForALeader() throws {
        let cluster = FakeCluster()
        let coordinator = coordinator(cluster)
        let ready = backend(cluster) { $0.coordinator = coordinator }
        let readiness = { try #require(ask { ready.readiness(done: $0) }).get().waitingFor }
        #expect(try readiness() == ["a coordinator that leads"])
        coordinator.start()
        coordinator.tick(now: Clock.now)
        #expect(try readiness() == [])
        cluster.become(.isAway)
        #expect(try readiness().first == "the cluster store")
        let engine = backend(FakeCluster()) {
            $0.coordinator = coordinator
            $0.engineWaitsFor = { ["Kafka"] }
        }
        #expect(try #require(ask { engine.readiness(done: $0) }).get().waitingFor.contains("Kafka"))
    }

    @Test func aProcessWithoutANodeIsNotReady() throws {
        let backend = backend(FakeCluster())
        #expect(try #require(ask { backend.readiness(done: $0) }).get().waitingFor == ["a node: none is started"])
    }
}
