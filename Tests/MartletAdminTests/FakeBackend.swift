import Dispatch
import MartletAdmin
import MartletCore
import Synchronization

/// A backend that answers at once, later when the test says so, or never.
final class FakeBackend: DevelopmentBackend {
    struct State {
        /// Answers are kept back until `release`.
        var holds = false
        var held: [@Sendable () -> Void] = []
        var failure: AdminError?
        var readiness = Readiness()
        var calls: [String] = []
    }

    let state = Mutex(State())
    /// Signalled each time a question has come.
    let asked = DispatchSemaphore(value: 0)

    static let report = NodeReport(
        id: NodeID(trusted: Array("node-1".utf8)), state: .up, incarnation: .max, clientAddress: "127.0.0.1:8001",
        linkAddress: "127.0.0.1:9101", worker: 3, version: "0.1.0", leaseAgeMilliseconds: 250, slots: 128)

    var calls: [String] { state.withLock { $0.calls } }

    func hold() { state.withLock { $0.holds = true } }

    func fail(_ error: AdminError) { state.withLock { $0.failure = error } }

    /// Answers what is held, from a thread of its own, each of them `times` times.
    func release(times: Int = 1) {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        DispatchQueue.global().async { for answer in held { for _ in 0..<times { answer() } } }
    }

    private func answer<Value: Sendable>(_ call: String, _ value: Value, _ done: @escaping AdminDone<Value>) {
        let now = state.withLock { state -> (@Sendable () -> Void)? in
            state.calls.append(call)
            let result: Result<Value, AdminError> = state.failure.map { .failure($0) } ?? .success(value)
            guard state.holds else { return { done(result) } }
            state.held.append { done(result) }
            return nil
        }
        now?()
        asked.signal()
    }

    func readiness(done: @escaping AdminDone<Readiness>) {
        answer("readiness", state.withLock { $0.readiness }, done)
    }

    func metrics(done: @escaping AdminDone<String>) {
        answer("metrics", "# TYPE martlet_connections gauge\nmartlet_connections{node=\"node-1\"} 12\n", done)
    }

    func presence(of users: [Key], done: @escaping AdminDone<[PresenceReport]>) {
        let evidence = DevicePresence.Evidence(epoch: 7, leaseAgeMilliseconds: 120, asOf: 1_800_000_000_000)
        let node = NodeID(trusted: Array("node-1".utf8))
        let online = DevicePresence(
            device: DeviceID(trusted: Array("tab \"1\"".utf8)), state: .online, edge: node, home: node, since: 5,
            lastSeen: 6, evidence: evidence)
        let unknown = DevicePresence(
            device: DeviceID(trusted: [0x78]), state: .unknown, edge: nil, home: nil, since: nil, lastSeen: nil,
            evidence: .init(epoch: 0, leaseAgeMilliseconds: nil, asOf: 9))
        let reports = users.map {
            PresenceReport(
                user: $0, slot: Slot(17), state: .online, asOf: 1_800_000_000_000, devices: [online, unknown])
        }
        answer("presence " + users.map(\.description).joined(separator: ","), reports, done)
    }

    func cluster(done: @escaping AdminDone<ClusterReport>) {
        let report = ClusterReport(
            version: 4, term: 2, leader: "coordinator-1", nodes: [FakeBackend.report],
            slots: FakeBackend.slots)
        answer("cluster", report, done)
    }

    static let slots = [
        SlotStatus(slot: Slot(0), owner: report.id, epoch: 3, pinnedTo: report.id),
        SlotStatus(slot: Slot(1), owner: report.id, epoch: 2, movingTo: NodeID(trusted: [0x62])),
        SlotStatus(slot: Slot(2), owner: nil, epoch: 0),
    ]

    func map(done: @escaping AdminDone<MapReport>) {
        answer("map", MapReport(version: 4, term: 2, slots: FakeBackend.slots), done)
    }

    func setPin(_ slot: Slot, to node: NodeID?, done: @escaping AdminDone<SlotStatus>) {
        answer("pin \(slot.index) \(node?.description ?? "-")", FakeBackend.slots[0], done)
    }

    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping AdminDone<NodeReport>) {
        answer("\(draining ? "drain" : "undrain") \(node)", FakeBackend.report, done)
    }

    func addNode(_ request: AddNodeRequest, done: @escaping AdminDone<NodeReport>) {
        answer("add \(request.id?.description ?? "-") \(request.weight)", FakeBackend.report, done)
    }

    func kill(_ node: NodeID, done: @escaping AdminDone<NodeReport>) {
        answer("kill \(node)", FakeBackend.report, done)
    }

    func pause(_ node: NodeID, milliseconds: Int64, done: @escaping AdminDone<NodeReport>) {
        answer("pause \(node) \(milliseconds)", FakeBackend.report, done)
    }
}
