import MartletCore
import MartletIO

/// The slots that this loop serves.
final class Homes {
    private unowned let loop: GatewayLoop
    /// By slot index; nil: not served here.
    private var runtimes: [SlotRuntime?] = []
    private var nextInstance: UInt64 = 1
    /// By slot index: the highest epoch under which this loop said that it owns it; 0: none above the map's.
    private var saidEpochs: [Epoch] = []
    private var reports = SlotReports()
    /// By slot index: those that stopped by themselves, and when (monotonic) they start again, unless the map has
    /// changed its mind.
    private var again: [Int: Int64] = [:]

    init(loop: GatewayLoop) { self.loop = loop }

    func runtime(_ slot: Slot) -> SlotRuntime? { slot.index < runtimes.count ? runtimes[slot.index] : nil }

    // MARK: ownership

    func follow(_ table: RoutingTable) {
        if runtimes.isEmpty {
            runtimes = Array(repeating: nil, count: table.slots)
            saidEpochs = Array(repeating: 0, count: table.slots)
        }
        for index in stride(from: loop.index, to: table.slots, by: loop.node.loops) {
            follow(Slot(index), table.map.slots[index])
        }
        dropGoneEdges(table.map)
        sayReports()
    }

    private func follow(_ slot: Slot, _ assignment: ClusterMap.Assignment) {
        guard assignment.owner == loop.node.id else {
            reports.forget(slot)
            return drop(slot)
        }
        guard let runtime = runtimes[slot.index], runtime.epoch >= assignment.epoch else {
            // Between two maps it was another's: whatever this runtime still holds, it holds under an old epoch.
            drop(slot)
            return begin(slot, assignment)
        }
        if assignment.movingTo != nil { runtime.release() }
    }

    private func begin(_ slot: Slot, _ assignment: ClusterMap.Assignment) {
        // Let go already, or never begun: either way there is nothing left to store.
        if assignment.movingTo != nil { letGo(slot, assignment) } else { start(slot, assignment.epoch) }
    }

    private func start(_ slot: Slot, _ epoch: Epoch) {
        again[slot.index] = nil
        reports.forget(slot)
        let instance = nextInstance
        nextInstance += 1
        runtimes[slot.index] = SlotRuntime(slot: slot, mapEpoch: epoch, instance: instance, loop: loop)
    }

    private func drop(_ slot: Slot) {
        guard let runtime = runtimes[slot.index] else { return }
        runtime.stop()
        runtimes[slot.index] = nil
    }

    // MARK: stops

    /// After being deposed, for a map that says by whom: to claim the slot again before that would only depose the new
    /// owner. Maps are looked at each second, and this one at once.
    static let deposedMilliseconds: Int64 = 1_500

    /// A slot machine stopped by itself.
    func stopped(_ runtime: SlotRuntime, _ reason: SlotStopReason) {
        let slot = runtime.slot
        guard runtimes[slot.index] === runtime else { return }
        drop(slot)
        loop.node.metrics.slotStops.add(1)
        log(reason, slot)
        guard let assignment = loop.table?.map[slot], assignment.owner == loop.node.id else { return }
        // Asked for while it stopped for another reason: that is as good as a release.
        if reason == .released || assignment.movingTo != nil {
            letGo(slot, assignment)
            return sayReports()
        }
        switch reason {
        case .restart: startAgain(slot, after: 0)
        case .deposed(let epoch): deposed(slot, by: epoch, assignment)
        case .released, .cannotUnderstand, .unusable: break
        }
    }

    private func log(_ reason: SlotStopReason, _ slot: Slot) {
        switch reason {
        case .released, .restart: break
        case .deposed(let epoch):
            loop.node.logger.info("slot deposed", [.slot: LogValue(slot.index), .epoch: LogValue(epoch)])
        case .cannotUnderstand(let kind, let offset):
            loop.node.logger.error(
                "slot given up: a record of a newer version",
                [.slot: LogValue(slot.index), .code: LogValue(kind), .offset: LogValue(offset)])
        case .unusable(let reason):
            loop.node.logger.error(
                "slot given up: its store and log do not fit together",
                [.slot: LogValue(slot.index), .reason: LogValue(reason)])
        }
    }

    private func deposed(_ slot: Slot, by epoch: Epoch, _ assignment: ClusterMap.Assignment) {
        guard epoch > assignment.epoch else { return startAgain(slot, after: 0) }
        loop.post(.membership(.hint), to: 0)
        startAgain(slot, after: Self.deposedMilliseconds)
    }

    private func startAgain(_ slot: Slot, after milliseconds: Int64) {
        again[slot.index] = loop.io.now.monotonic + milliseconds
    }

    private func startDue() {
        let now = loop.io.now.monotonic
        // In order, so that no start depends on a dictionary's.
        for index in again.filter({ $0.value <= now }).keys.sorted() {
            again[index] = nil
            let slot = Slot(index)
            guard runtimes[index] == nil, let assignment = loop.table?.map[slot], assignment.owner == loop.node.id
            else { continue }
            begin(slot, assignment)
        }
    }

    func stopAll() {
        for index in runtimes.indices { drop(Slot(index)) }
    }

    // MARK: reports

    /// A slot of this loop takes sends. Its epoch is reported where it is above the map's: a store had lost its tail.
    func owns(_ slot: Slot, _ epoch: Epoch) {
        guard let assignment = loop.table?.map[slot], epoch > assignment.epoch else { return }
        saidEpochs[slot.index] = max(saidEpochs[slot.index], epoch)
        reports.add(.owns(slot, epoch))
        sayReports()
    }

    /// Under the epoch that it was owned with, even where the map does not know that one yet: a report of a smaller one
    /// would be no news.
    private func letGo(_ slot: Slot, _ assignment: ClusterMap.Assignment) {
        reports.add(.released(slot, max(assignment.epoch, saidEpochs[slot.index])))
    }

    private func sayReports() {
        guard let batch = reports.next(now: loop.io.now.monotonic) else { return }
        let sender = loop.sender
        loop.node.report(batch) { sender.postAlways(.reported($0)) }
    }

    func reported(_ error: PortError?) {
        reports.answered(error, now: loop.io.now.monotonic)
        sayReports()
    }

    // MARK: inputs

    func handle(_ message: SlotMessage, _ slot: Slot) {
        if let runtime = runtime(slot) { runtime.handle(message) } else { loop.refuse(message) }
    }

    func complete(_ slot: Slot, _ instance: UInt64, _ completion: SlotCompletion) {
        guard let runtime = runtime(slot), runtime.instance == instance else { return }
        runtime.handle(completion)
    }

    func presenceRead(
        _ token: UInt64, _ slot: Slot, _ instance: UInt64, _ users: [Key],
        _ result: Result<[[PresenceRecord]], PortError>
    ) {
        guard let runtime = runtime(slot), runtime.instance == instance else { return }
        runtime.handlePresence(token: token, loop.evaluate(users, result))
    }

    /// Each slot is ticked every few ticks of the loop, in turn, so that their work is spread.
    static let ticksPerRound = 8
    private var round = 0

    func tick() {
        if !again.isEmpty { startDue() }
        sayReports()
        round = (round + 1) % Self.ticksPerRound
        for index in stride(from: round, to: runtimes.count, by: Self.ticksPerRound) { runtimes[index]?.tick() }
    }

    // MARK: edges

    private var knownEdges: [NodeID: UInt64] = [:]

    /// Sessions of nodes that left the cluster are over.
    private func dropGoneEdges(_ map: ClusterMap) {
        for (id, incarnation) in knownEdges where map.node(id)?.incarnation != incarnation {
            edgeGone(id, incarnation: incarnation)
        }
        knownEdges = Dictionary(uniqueKeysWithValues: map.nodes.map { ($0.id, $0.incarnation) })
    }

    /// The link to a node is a new one: its sessions are attached again over it.
    func edgeRelinked(_ node: NodeID, incarnation: UInt64) {
        for runtime in runtimes { runtime?.edgeRelinked(node, incarnation: incarnation) }
    }

    func edgeGone(_ node: NodeID, incarnation: UInt64) {
        for runtime in runtimes { runtime?.edgeGone(node, incarnation: incarnation) }
    }
}
