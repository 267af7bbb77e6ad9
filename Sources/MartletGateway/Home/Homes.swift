import MartletCore
import MartletIO

/// The slots that this loop serves.
final class Homes {
    private unowned let loop: GatewayLoop
    /// By slot index; nil: not served here.
    private var runtimes: [SlotRuntime?] = []
    private var nextInstance: UInt64 = 1

    init(loop: GatewayLoop) { self.loop = loop }

    func runtime(_ slot: Slot) -> SlotRuntime? { slot.index < runtimes.count ? runtimes[slot.index] : nil }

    // MARK: ownership

    func follow(_ table: RoutingTable) {
        if runtimes.isEmpty { runtimes = Array(repeating: nil, count: table.slots) }
        for index in stride(from: loop.index, to: table.slots, by: loop.node.loops) {
            follow(Slot(index), table.map.slots[index])
        }
        dropGoneEdges(table.map)
    }

    private func follow(_ slot: Slot, _ assignment: ClusterMap.Assignment) {
        guard assignment.owner == loop.node.id else {
            return drop(slot)
        }
        if let runtime = runtimes[slot.index] {
            if assignment.movingTo != nil { runtime.release() }
        } else if assignment.movingTo != nil {
            // It was let go, or never begun: either way there is nothing left to store.
            loop.node.report(.released(slot, assignment.epoch))
        } else {
            start(slot, assignment.epoch)
        }
    }

    private func start(_ slot: Slot, _ epoch: Epoch) {
        let instance = nextInstance
        nextInstance += 1
        runtimes[slot.index] = SlotRuntime(slot: slot, mapEpoch: epoch, instance: instance, loop: loop)
    }

    private func drop(_ slot: Slot) {
        guard let runtime = runtimes[slot.index] else { return }
        runtime.stop()
        runtimes[slot.index] = nil
    }

    /// A slot machine stopped by itself.
    func stopped(_ runtime: SlotRuntime, _ reason: SlotStopReason) {
        let slot = runtime.slot
        guard runtimes[slot.index] === runtime else { return }
        drop(slot)
        loop.node.metrics.slotStops.add(1)
        let assignment = loop.table?.map[slot]
        switch reason {
        case .released: loop.node.report(.released(slot, assignment?.epoch ?? 0))
        case .deposed(let epoch):
            loop.node.logger.info("slot deposed", [.slot: LogValue(slot.index), .epoch: LogValue(epoch)])
            startAgainIfOwner(slot)
        case .restart: startAgainIfOwner(slot)
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

    /// By the next tick, unless the map has changed its mind.
    private func startAgainIfOwner(_ slot: Slot) {
        loop.later { [unowned self] in
            guard runtimes[slot.index] == nil, let assignment = loop.table?.map[slot],
                assignment.owner == loop.node.id
            else { return }
            // Asked to let go while it was stopping by itself: that is as good as a release.
            guard assignment.movingTo == nil else { return loop.node.report(.released(slot, assignment.epoch)) }
            start(slot, assignment.epoch)
        }
    }

    func stopAll() {
        for index in runtimes.indices { drop(Slot(index)) }
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
