import MartletCore
import MartletIO
import Synchronization

enum MembershipEvent: Sendable {
    case registered(Result<NodeRow, RegistrationError>)
    case registeredAgain(Result<NodeRow, RegistrationError>)
    case renewed(LeaseOutcome)
    /// Something in the cluster store changed.
    case hint
    /// The worker id can make no more ids: another is wanted.
    case needsWorker
    case read(Result<ClusterSnapshot, PortError>)
}

/// Keeps this node in the cluster, and its loops on the newest map. Lives on loop 0; everything it asks of the store
/// comes back as an event.
final class Membership {
    /// Notifications are hints: without one, the map is looked at this often.
    static let pollMilliseconds: Int64 = 1_000

    private enum State {
        case joining(nextTry: Int64)
        case member(worker: Int)
        case gone
    }

    private unowned let loop: GatewayLoop
    private var state = State.joining(nextTry: 0)
    private var nextRenewal: Int64 = 0
    private var nextPoll: Int64 = 0
    private var nextWorker: Int64 = 0
    private var isReading = false
    private var readAgain = false
    private var version: UInt64 = 0

    init(loop: GatewayLoop) { self.loop = loop }

    private var node: NodeContext { loop.node }
    private var cluster: any ClusterStore { node.engine.cluster }

    func start() {
        let sender = loop.sender
        cluster.watch { sender.post(.membership(.hint)) }
        tick()
    }

    func tick() {
        let now = loop.io.now.monotonic
        switch state {
        case .joining(let nextTry):
            if now >= nextTry { register(now) }
        case .member:
            if now >= nextRenewal { renew(now) }
            if now >= nextPoll { read() }
        case .gone: break
        }
    }

    func handle(_ event: MembershipEvent) {
        switch event {
        case .registered(let result): registered(result)
        case .registeredAgain(let result): registeredAgain(result)
        case .renewed(let outcome): renewed(outcome)
        case .hint: if case .member = state { read() }
        case .needsWorker: renewWorker()
        case .read(let result): didRead(result)
        }
    }

    // MARK: lease

    private func register(_ now: Int64) {
        // Asked again only if no answer comes.
        state = .joining(nextTry: now + 5_000)
        let sender = loop.sender
        cluster.register(node.registration) { sender.postAlways(.membership(.registered($0))) }
    }

    private func registered(_ result: Result<NodeRow, RegistrationError>) {
        guard case .joining = state else { return }
        let now = loop.io.now
        switch result {
        case .success(let row):
            state = .member(worker: row.worker)
            node.cells.isMember.store(true, ordering: .relaxed)
            node.cells.reachesStore.store(true, ordering: .relaxed)
            node.leaseWorker(row.worker, now: now)
            nextRenewal = now.monotonic + node.configuration.renewMilliseconds
            node.logger.info("joined the cluster", [.node: LogValue(node.id), .name: LogValue("worker \(row.worker)")])
            read()
        case .failure(.disagrees(let setting, let cluster, let mine)):
            refused(setting, cluster: cluster, mine: mine)
        case .failure(let error):
            state = .joining(nextTry: now.monotonic + 500)
            if case .port = error { node.cells.reachesStore.store(false, ordering: .relaxed) }
            node.logger.warning("cannot join the cluster yet", [.reason: LogValue("\(error)")])
        }
    }

    private func refused(_ setting: String, cluster: String, mine: String) {
        state = .gone
        node.logger.error(
            "refused: the cluster has another value of a setting on which all must agree",
            [.node: LogValue(node.id), .name: LogValue(setting), .reason: LogValue("\(cluster), here \(mine)")])
        node.refused(setting: setting, cluster: cluster, node: mine)
    }

    private func renew(_ now: Int64) {
        nextRenewal = now + node.configuration.renewMilliseconds
        let sender = loop.sender
        cluster.renew(node.id, incarnation: node.incarnation) { sender.postAlways(.membership(.renewed($0))) }
    }

    private func renewed(_ outcome: LeaseOutcome) {
        switch outcome {
        case .held:
            node.cells.reachesStore.store(true, ordering: .relaxed)
            if case .member(let worker) = state { node.leaseWorker(worker, now: loop.io.now) }
        case .lost:
            // Somebody else may own its slots by now: it stops at once (design, section 4).
            state = .gone
            node.cells.isMember.store(false, ordering: .relaxed)
            node.logger.warning("lease lost", [.node: LogValue(node.id)])
            node.leaseLost()
        case .failed(let error):
            node.cells.reachesStore.store(false, ordering: .relaxed)
            // It goes on with the map it has: the log's fence deposes it where someone else took over.
            node.logger.warning("cluster store out of reach", [.reason: LogValue("\(error)")])
        }
    }

    func leave() {
        state = .gone
        node.cells.isMember.store(false, ordering: .relaxed)
        cluster.leave(node.id, incarnation: node.incarnation) { _ in }
    }

    /// Registers again, for a fresh worker id; at most every few seconds.
    private func renewWorker() {
        let now = loop.io.now.monotonic
        guard case .member = state, now >= nextWorker else { return }
        nextWorker = now + 5_000
        let sender = loop.sender
        cluster.register(node.registration) { sender.postAlways(.membership(.registeredAgain($0))) }
    }

    private func registeredAgain(_ result: Result<NodeRow, RegistrationError>) {
        guard case .member = state, case .success(let row) = result else { return }
        state = .member(worker: row.worker)
        node.leaseWorker(row.worker, now: loop.io.now)
    }

    // MARK: map

    private func read() {
        if isReading {
            readAgain = true
            return
        }
        isReading = true
        nextPoll = loop.io.now.monotonic + Self.pollMilliseconds
        let sender = loop.sender
        cluster.snapshot { sender.postAlways(.membership(.read($0))) }
    }

    /// Users would be looked for in the wrong slots: a node whose log has another number ends.
    private func fits(_ map: ClusterMap) -> Bool {
        guard let slots = node.configuration.slots, slots != map.slots.count else { return true }
        refused(AgreedSetting.slots, cluster: "\(map.slots.count)", mine: "\(slots)")
        return false
    }

    private func didRead(_ result: Result<ClusterSnapshot, PortError>) {
        isReading = false
        if readAgain {
            readAgain = false
            read()
        }
        guard case .success(let snapshot) = result, let map = snapshot.map, map.version >= version else { return }
        guard fits(map) else { return }
        version = map.version
        node.cells.hasMap.store(true, ordering: .relaxed)
        node.cells.isDraining.store(map.node(node.id)?.state == .draining, ordering: .relaxed)
        let table = RoutingTable(
            map: map, me: node.id, loops: node.loops, nodes: snapshot.nodes, asOf: loop.io.now.monotonic,
            after: loop.table, leaseMilliseconds: node.configuration.leaseMilliseconds)
        loop.broadcast(.routing(table))
    }
}
