import MartletCore

/// All that the cluster store knows, in memory; each change gives the rows to write. A value: no clock of its own.
struct ClusterState: Sendable {
    /// A worker id is not given again until ten minutes after its holder's last renewal.
    static let workerHoldMilliseconds: Int64 = 600_000
    /// Renewals are written this seldom, so what is read at a start may be this much too old.
    static let renewalRowMilliseconds: Int64 = 60_000
    static let workerCount = 1024

    struct Worker: Sendable {
        /// Wall time of the last renewal, milliseconds since 1970; and as it was last written.
        var renewed: Int64
        var written: Int64
    }

    var nodes: [NodeID: StoredNode] = [:]
    var workers: [Int: Worker] = [:]
    var reports: [Slot: SlotReport] = [:]
    var pins: [Slot: NodeID] = [:]
    var map: ClusterMap?
    var leadership: Leadership?
    /// Monotonic milliseconds at which the leader's lease ends; nothing is left of it after a start.
    var leadsUntil: Int64 = .min
    let leaseMilliseconds: Int64

    init(leaseMilliseconds: Int64) { self.leaseMilliseconds = leaseMilliseconds }

    // MARK: Leases

    func isLive(_ node: StoredNode, _ now: Now) -> Bool {
        guard !node.left, let renewed = node.renewed else { return false }
        return now.monotonic - renewed < leaseMilliseconds
    }

    /// A node that starts anew is not draining, whatever was asked of the incarnation before.
    mutating func register(
        _ registration: NodeRegistration, _ now: Now
    ) -> (Result<NodeRow, RegistrationError>, [RowChange]) {
        let id = registration.id
        let known = nodes[id].flatMap { isLive($0, now) ? $0 : nil }
        if let known, known.registration.incarnation != registration.incarnation {
            return (.failure(.conflict("a live node has the name \(id)")), [])
        }
        if let disagreement = disagreement(registration, now) { return (.failure(disagreement), []) }
        if let known {
            guard let worker = freeWorker(now) else { return (.failure(.noWorkerID), []) }
            var renewed = known
            renewed.registration = registration
            renewed.renewed = now.monotonic
            renewed.worker = worker
            nodes[id] = renewed
            let changes = hold(worker, now) + [RowChange(key: ClusterKeys.node(id), value: renewed.bytes)]
            return (.success(row(renewed, now)), changes)
        }
        guard let worker = freeWorker(now) else { return (.failure(.noWorkerID), []) }
        let node = StoredNode(registration: registration, worker: worker, renewed: now.monotonic)
        nodes[id] = node
        return (.success(row(node, now)), hold(worker, now) + [RowChange(key: ClusterKeys.node(id), value: node.bytes)])
    }

    /// The first setting, by name, for which the first live node, by id, has another value. What only one of both names
    /// is no disagreement: a newer version may have more settings.
    private func disagreement(_ registration: NodeRegistration, _ now: Now) -> RegistrationError? {
        let others = nodes.values.filter { $0.registration.id != registration.id && isLive($0, now) }
        for other in others.sorted(by: { $0.registration.id < $1.registration.id }) {
            for theirs in other.registration.agreed {
                guard let own = registration.agreed.first(where: { $0.name == theirs.name }), own != theirs else {
                    continue
                }
                return .disagrees(setting: theirs.name, cluster: theirs.value, node: own.value)
            }
        }
        return nil
    }

    /// The lowest that was never held, or held long ago.
    private func freeWorker(_ now: Now) -> Int? {
        (0..<ClusterState.workerCount).first { worker in
            guard let held = workers[worker] else { return true }
            return now.wall - held.renewed >= ClusterState.workerHoldMilliseconds
        }
    }

    /// Notes that a worker id is in use now; a row only now and then.
    private mutating func hold(_ worker: Int, _ now: Now) -> [RowChange] {
        var held = workers[worker] ?? Worker(renewed: .min, written: .min / 2)
        held.renewed = max(held.renewed, now.wall)
        let isDue = now.wall - held.written >= ClusterState.renewalRowMilliseconds
        if isDue { held.written = now.wall }
        workers[worker] = held
        return isDue ? [RowChange(key: ClusterKeys.worker(worker), value: ClusterState.row(held.renewed))] : []
    }

    mutating func renew(_ id: NodeID, _ incarnation: UInt64, _ now: Now) -> (LeaseOutcome, [RowChange]) {
        guard var node = nodes[id], node.registration.incarnation == incarnation, isLive(node, now) else {
            return (.lost, [])
        }
        node.renewed = now.monotonic
        nodes[id] = node
        return (.held, hold(node.worker, now))
    }

    /// It said goodbye, or was found dead.
    mutating func end(_ id: NodeID, _ incarnation: UInt64) -> [RowChange] {
        guard var node = nodes[id], node.registration.incarnation == incarnation, !node.left else { return [] }
        node.left = true
        nodes[id] = node
        return [RowChange(key: ClusterKeys.node(id), value: node.bytes)]
    }

    mutating func setDraining(_ id: NodeID, _ draining: Bool) -> (Bool, [RowChange]) {
        guard var node = nodes[id] else { return (false, []) }
        guard node.draining != draining else { return (true, []) }
        node.draining = draining
        nodes[id] = node
        return (true, [RowChange(key: ClusterKeys.node(id), value: node.bytes)])
    }

    /// Nodes that are gone for so long that their worker ids are free again.
    mutating func forgetGone(_ now: Now) -> [RowChange] {
        let gone = nodes.values.filter { node in
            let held = workers[node.worker]?.renewed ?? .min / 2
            return !isLive(node, now) && now.wall - held >= ClusterState.workerHoldMilliseconds
        }
        for node in gone { nodes[node.registration.id] = nil }
        return gone.map { RowChange(key: ClusterKeys.node($0.registration.id), value: []) }
    }

    // MARK: Reports, leadership, map

    /// Newest per slot wins; an older epoch is no news. What another incarnation says counts for nothing.
    mutating func report(_ news: [SlotReport], from id: NodeID, _ incarnation: UInt64) -> [RowChange] {
        guard nodes[id]?.registration.incarnation == incarnation else { return [] }
        var rows: [RowChange] = []
        for report in news where report.epoch >= reports[report.slot]?.epoch ?? 0 && report != reports[report.slot] {
            reports[report.slot] = report
            rows.append(RowChange(key: ClusterKeys.report(report.slot), value: report.bytes))
        }
        return rows
    }

    mutating func lead(_ candidate: String, ttl: Int64, _ now: Now) -> (Leadership, [RowChange]) {
        let isHeld = now.monotonic < leadsUntil
        if isHeld, let leadership, leadership.leader != candidate { return (leadership, []) }
        leadsUntil = now.monotonic + ttl
        if isHeld, let leadership { return (leadership, []) }
        let next = Leadership(leader: candidate, term: (leadership?.term ?? 0) + 1)
        leadership = next
        return (next, [RowChange(key: ClusterKeys.leadershipKey, value: ClusterState.row(next))])
    }

    /// Only the lease: the term stays, for the next leader's is above it.
    mutating func resign(_ candidate: String) {
        if leadership?.leader == candidate { leadsUntil = .min }
    }

    mutating func publish(_ map: ClusterMap, term: UInt64) -> (Bool, [RowChange]) {
        guard term == leadership?.term, self.map == nil || self.map?.version == map.version &- 1 else {
            return (false, [])
        }
        self.map = map
        return (true, [RowChange(key: ClusterKeys.mapKey, value: ClusterMapCodec.encode(map))])
    }

    mutating func pin(_ slot: Slot, to node: NodeID?) -> [RowChange] {
        pins[slot] = node
        return [RowChange(key: ClusterKeys.pin(slot), value: node?.bytes ?? [])]
    }

    // MARK: Reading

    func row(_ node: StoredNode, _ now: Now) -> NodeRow {
        NodeRow(
            registration: node.registration, worker: node.worker,
            leaseAgeMilliseconds: node.renewed.map { now.monotonic - $0 } ?? .max, draining: node.draining,
            left: node.left)
    }

    func snapshot(_ now: Now) -> ClusterSnapshot {
        ClusterSnapshot(
            nodes: nodes.values.sorted { $0.registration.id < $1.registration.id }.map { row($0, now) },
            reports: reports.values.sorted { $0.slot < $1.slot }, map: map,
            pins: pins.map { (slot: $0.key, node: $0.value) }.sorted { $0.slot < $1.slot },
            leadership: now.monotonic < leadsUntil ? leadership : nil)
    }
}
