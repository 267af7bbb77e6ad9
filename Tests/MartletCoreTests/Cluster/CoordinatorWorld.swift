import MartletCore
import Testing

/// A cluster store, its clock and some nodes around one or more coordinator machines, without threads: scenarios read
/// as what happens, `pass` being time.
struct CoordinatorWorld {
    struct Member {
        var registration: NodeRegistration
        var renewedAt: Int64
        var renews = true
        var draining = false
        var left = false
    }

    var configuration = CoordinatorConfiguration(slots: 16)
    var now: Int64 = 10_000
    var machines: [CoordinatorMachine] = []
    var events: [CoordinatorEvent] = []
    var members: [Member] = []
    var reports: [SlotReport] = []
    var pins: [(slot: Slot, node: NodeID)] = []
    var map: ClusterMap?
    var published: [ClusterMap] = []
    var storeAnswers = true
    /// Owners let go as soon as they are asked.
    var ownersRelease = true
    private var leader: (name: String, term: UInt64, until: Int64)?

    init(slots: Int = 16, maxMoving: Int = 32, coordinators: Int = 1) {
        configuration.slots = slots
        configuration.maxMoving = maxMoving
        for number in 0..<coordinators { addCoordinator("c\(number)") }
    }

    mutating func addCoordinator(_ id: String) {
        machines.append(CoordinatorMachine(id: id, configuration: configuration))
    }

    mutating func join(_ name: String, incarnation: UInt64 = 1, weight: Int = 1) {
        let registration = NodeRegistration(
            id: node(name), incarnation: incarnation, linkAddress: "\(name):1", clientAddress: "\(name):2",
            weight: weight)
        members.removeAll { $0.registration.id == node(name) }
        members.append(Member(registration: registration, renewedAt: now))
        members.sort { $0.registration.id < $1.registration.id }
    }

    mutating func change(_ name: String, _ change: (inout Member) -> Void) {
        for index in members.indices where members[index].registration.id == node(name) { change(&members[index]) }
    }

    /// Time goes on in steps of 100 ms: nodes renew, owners let go what they are asked for, coordinators work.
    mutating func pass(_ milliseconds: Int64) {
        for _ in 0..<max(milliseconds / 100, 1) {
            now += 100
            if storeAnswers { renewLeases() }
            if storeAnswers && ownersRelease { releaseWhatIsAsked() }
            for index in machines.indices { carryOut(machines[index].tick(Now(wall: now, monotonic: now)), index) }
        }
    }

    /// A hint to every coordinator, without time passing.
    mutating func hint() {
        for index in machines.indices { carryOut(machines[index].hint(), index) }
    }

    private mutating func renewLeases() {
        for index in members.indices where members[index].renews && now - members[index].renewedAt >= 1_000 {
            members[index].renewedAt = now
        }
    }

    private mutating func releaseWhatIsAsked() {
        guard let map else { return }
        for index in map.slots.indices where map.slots[index].movingTo != nil {
            guard let owner = map.slots[index].owner, isRunning(owner) else { continue }
            reports.append(.released(Slot(index), map.slots[index].epoch))
        }
    }

    private func isRunning(_ id: NodeID) -> Bool {
        members.contains { $0.registration.id == id && $0.renews && !$0.left }
    }
}

extension CoordinatorWorld {
    /// The store, answering at once; what the machine asks for next is carried out in turn.
    private mutating func carryOut(_ actions: [CoordinatorMachine.Action], _ index: Int) {
        for action in actions {
            switch action {
            case .note(let event): events.append(event)
            case .lead(let candidate, let ttl): carryOut(machines[index].led(lead(candidate, ttl)), index)
            case .readSnapshot: carryOut(machines[index].read(snapshot), index)
            case .publish(let map, let term): carryOut(machines[index].published(publish(map, term)), index)
            }
        }
    }

    private mutating func lead(_ candidate: String, _ ttl: Int64) -> Result<Leadership, PortError> {
        guard storeAnswers else { return .failure(.unavailable) }
        if let leader, leader.name != candidate, leader.until > now {
            return .success(Leadership(leader: leader.name, term: leader.term))
        }
        let term = leader.map { $0.name == candidate ? $0.term : $0.term + 1 } ?? 1
        leader = (candidate, term, now + ttl)
        return .success(Leadership(leader: candidate, term: term))
    }

    private var snapshot: Result<ClusterSnapshot, PortError> {
        guard storeAnswers else { return .failure(.unavailable) }
        let rows = members.enumerated().map { index, member in
            NodeRow(
                registration: member.registration, worker: index, leaseAgeMilliseconds: now - member.renewedAt,
                draining: member.draining, left: member.left)
        }
        return .success(ClusterSnapshot(nodes: rows, reports: reports, map: map, pins: pins))
    }

    private mutating func publish(_ new: ClusterMap, _ term: UInt64) -> Result<Bool, PortError> {
        guard term == leader?.term, new.version == (map?.version ?? 0) + 1 else { return .success(false) }
        checkEpochs(new)
        map = new
        published.append(new)
        return .success(true)
    }

    /// Holds for every map ever published: a changed owner has a higher epoch, and no epoch goes back.
    private func checkEpochs(_ new: ClusterMap) {
        for (old, slot) in zip(map?.slots ?? [], new.slots) {
            #expect(slot.epoch >= old.epoch)
            if slot.owner != old.owner && slot.owner != nil { #expect(slot.epoch > old.epoch) }
        }
    }

    /// How many slots each node owns, in the order of the names.
    func owned(_ names: String...) -> [Int] {
        names.map { name in map?.slots.count { $0.owner == node(name) } ?? 0 }
    }

    var moving: Int { map?.slots.count { $0.movingTo != nil } ?? 0 }
    var unowned: Int { map?.slots.count { $0.owner == nil } ?? 0 }
}
