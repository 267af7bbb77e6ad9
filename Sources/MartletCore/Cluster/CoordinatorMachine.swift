/// One coordinator: takes the leader's lease, watches the nodes' leases, and publishes the cluster map.
///
/// It works in rounds, one thing in flight at a time: lead (if the lease is due for renewal), read the snapshot, plan,
/// publish if anything changed. A round starts at each renewal interval and, while it leads, at a hint. The shell
/// carries out what is returned and brings each answer back through the method of that name.
public struct CoordinatorMachine: Sendable {
    public enum Action: Sendable {
        /// Answer with `led`.
        case lead(candidate: String, ttlMilliseconds: Int64)
        /// Answer with `read`.
        case readSnapshot
        /// Answer with `published`.
        case publish(ClusterMap, term: UInt64)
        case note(CoordinatorEvent)
    }

    private enum Phase { case idle, leading, reading, publishing(ClusterMap, since: ClusterMap?) }

    public let id: String
    private let configuration: CoordinatorConfiguration
    private var phase = Phase.idle
    private var now = Now(wall: 0, monotonic: 0)
    private var leadDue: Int64 = .min
    private var isHinted = false
    private var liveness: Liveness
    private var planner: MapPlanner
    /// Who leads, as the store said last; nil while it does not answer.
    public private(set) var leadership: Leadership?

    public init(id: String, configuration: CoordinatorConfiguration = CoordinatorConfiguration()) {
        self.id = id
        self.configuration = configuration
        liveness = Liveness(configuration)
        planner = MapPlanner(configuration)
    }

    public var leads: Bool { leadership?.leader == id }

    /// Time has come to `now`: a few times per renewal interval.
    public mutating func tick(_ now: Now) -> [Action] {
        self.now = now
        return startRound()
    }

    /// Something changed in the store. Hints during a round make one round behind it.
    public mutating func hint() -> [Action] {
        isHinted = true
        return startRound()
    }

    public mutating func led(_ result: Result<Leadership, PortError>) -> [Action] {
        guard case .leading = phase else { return [] }
        switch result {
        case .failure(let error): return failed(error)
        case .success(let answer): return takeLeadership(answer)
        }
    }

    public mutating func read(_ result: Result<ClusterSnapshot, PortError>) -> [Action] {
        guard case .reading = phase else { return [] }
        switch result {
        case .failure(let error): return failed(error)
        case .success(let snapshot): return decide(snapshot)
        }
    }

    public mutating func published(_ result: Result<Bool, PortError>) -> [Action] {
        guard case .publishing(let map, let last) = phase else { return [] }
        switch result {
        case .failure(let error): return failed(error)
        case .success(false):
            // Whoever leads now has the word: ask with the next round, and do not spin.
            leadership = nil
            return endRound([.note(.publishRefused(version: map.version))])
        case .success(true):
            return endRound([.note(CoordinatorMachine.summary(map, since: last))])
        }
    }
}

extension CoordinatorMachine {
    private mutating func startRound() -> [Action] {
        guard case .idle = phase else { return [] }
        if now.monotonic >= leadDue {
            leadDue = now.monotonic + configuration.renewMilliseconds
            phase = .leading
            return [.lead(candidate: id, ttlMilliseconds: configuration.leaseTTLMilliseconds)]
        }
        guard isHinted, leads else { return [] }
        return readSnapshot()
    }

    private mutating func readSnapshot() -> [Action] {
        isHinted = false
        phase = .reading
        return [.readSnapshot]
    }

    private mutating func endRound(_ actions: [Action]) -> [Action] {
        phase = .idle
        return actions + startRound()
    }

    private mutating func failed(_ error: PortError) -> [Action] {
        liveness.failure()
        leadership = nil
        return endRound([.note(.storeFailed(error))])
    }

    private mutating func takeLeadership(_ answer: Leadership) -> [Action] {
        liveness.contact(now)
        let isNews = answer != leadership
        leadership = answer
        guard answer.leader == id else {
            leadDue = min(leadDue, now.monotonic + configuration.standbyMilliseconds)
            return endRound(isNews ? [.note(.follows(leader: answer.leader, term: answer.term))] : [])
        }
        return (isNews ? [.note(.leads(term: answer.term))] : []) + readSnapshot()
    }

    private mutating func decide(_ snapshot: ClusterSnapshot) -> [Action] {
        liveness.contact(now)
        guard let leadership, leads, (snapshot.map?.term ?? 0) <= leadership.term else { return endRound([]) }
        let living = liveness.living(snapshot, now)
        guard snapshot.map != nil || !living.isEmpty else { return endRound([]) }
        var next = planner.plan(snapshot, living: living, now: now)
        guard next != snapshot.map else { return endRound([]) }
        next.version = (snapshot.map?.version ?? 0) + 1
        next.term = leadership.term
        phase = .publishing(next, since: snapshot.map)
        return membershipNotes(next, snapshot) + [.publish(next, term: leadership.term)]
    }

    private func membershipNotes(_ next: ClusterMap, _ snapshot: ClusterSnapshot) -> [Action] {
        let old = snapshot.map?.nodes ?? []
        let gone = CoordinatorMachine.missing(old, in: next.nodes)
        let new = CoordinatorMachine.missing(next.nodes, in: old)
        let departures = gone.map { Action.note(.gone($0.id, liveness.departure(of: $0, snapshot))) }
        return departures + new.map { .note(.joined($0.id)) }
    }

    /// Those of `nodes` whose incarnation is not among `others`.
    private static func missing(_ nodes: [ClusterMap.Node], in others: [ClusterMap.Node]) -> [ClusterMap.Node] {
        nodes.filter { node in !others.contains { $0.id == node.id && $0.incarnation == node.incarnation } }
    }

    private static func summary(_ map: ClusterMap, since last: ClusterMap?) -> CoordinatorEvent {
        let reassigned = map.slots.indices.count { index in
            guard let last, index < last.slots.count else { return true }
            let (old, new) = (last.slots[index], map.slots[index])
            return old.owner != new.owner || old.epoch != new.epoch
        }
        return .published(
            version: map.version, reassigned: reassigned, moving: map.slots.count { $0.movingTo != nil },
            unowned: map.slots.count { $0.owner == nil })
    }
}
