/// The masters of a Redis Cluster. The map is learnt from any node, and again when a server says that it is wrong.
final class ClusterTopology: Topology {
    private let seeds: [RedisEndpoint]
    private let context: LinkContext
    private unowned let owner: any TopologyOwner
    private var nodes: [RedisEndpoint: CommandLink] = [:]
    /// By number of slot.
    private var owners = [CommandLink?](repeating: nil, count: HashSlot.count)
    private var map: SlotMap?
    private var askAt: Int64 = 0
    private var askedAt: Int64 = .min
    private lazy var mapLink = MapLink(
        context: context, candidates: { [unowned self] in candidates },
        heard: { [unowned self] map, endpoint in apply(map, from: endpoint) })

    /// At least one seed.
    init(seeds: [RedisEndpoint], context: LinkContext, owner: any TopologyOwner) {
        self.seeds = seeds
        self.context = context
        self.owner = owner
    }

    func start() { ask(context.now) }

    func link(for slot: HashSlot?) -> CommandLink? {
        guard let slot else { return owners.first { $0?.isReady ?? false } ?? owners.first { $0 != nil } ?? nil }
        return owners[Int(slot.number)]
    }

    func link(at endpoint: RedisEndpoint) -> CommandLink? {
        if let link = nodes[endpoint] { return link }
        guard nodes.count < context.limits.maxNodes else { return nil }
        let link = CommandLink(endpoint, kind: .clusterNode, context: context, owner: owner)
        nodes[endpoint] = link
        link.connectNow()
        return link
    }

    func moved(_ slot: HashSlot, to endpoint: RedisEndpoint) -> Bool {
        guard let link = link(at: endpoint) else { return false }
        owners[Int(slot.number)] = link
        doubt()
        return true
    }

    func doubt() { askAt = min(askAt, max(context.now, askedAt + ClusterTopology.pauseMilliseconds)) }

    /// Between two questions for the map, however great the doubt.
    private static let pauseMilliseconds: Int64 = 100

    func ticked(_ now: Int64) {
        for link in sortedNodes { link.ticked(now) }
        mapLink.ticked(now)
        endLeft()
        if now >= askAt { ask(now) }
    }

    var anyEndpoint: RedisEndpoint? { sortedNodes.first { $0.isReady }?.endpoint }

    var isReady: Bool { (map?.isComplete ?? false) && isEachMasterReady }

    var refusal: RedisRefusal? {
        sortedNodes.lazy.compactMap(\.refusal).first ?? mapLink.refusal
    }

    var links: [RedisLink] { sortedNodes + [mapLink] }

    private var isEachMasterReady: Bool { map?.masters.allSatisfy { nodes[$0]?.isReady ?? false } ?? false }

    private var sortedNodes: [CommandLink] {
        nodes.values.sorted { ($0.endpoint.host, $0.endpoint.port) < ($1.endpoint.host, $1.endpoint.port) }
    }

    /// Nodes that work first: they know more than seeds that may have left long ago.
    private var candidates: [RedisEndpoint] {
        let known = sortedNodes
        let endpoints = known.filter(\.isReady).map(\.endpoint) + seeds + known.filter { !$0.isReady }.map(\.endpoint)
        var seen: Set<RedisEndpoint> = []
        return endpoints.filter { seen.insert($0).inserted }
    }

    // MARK: - The map

    private func ask(_ now: Int64) {
        askedAt = now
        askAt = now + context.limits.mapRefreshMilliseconds
        mapLink.ask()
    }

    private func apply(_ newMap: SlotMap, from endpoint: RedisEndpoint) {
        // A node that is cut off keeps to its old map: perhaps another one knows better.
        if newMap == map, !isEachMasterReady { mapLink.turnToAnother() }
        map = newMap
        var owners = [CommandLink?](repeating: nil, count: HashSlot.count)
        for range in newMap.ranges {
            guard let link = link(at: range.master) else { continue }
            for slot in range.slots { owners[slot] = link }
        }
        self.owners = owners
        owner.changed(stranded: takeStranded())
        if !isEachMasterReady { askAt = context.now + ClusterTopology.retryMilliseconds }
    }

    /// Until all masters of the map are connected the map is asked for so often.
    private static let retryMilliseconds: Int64 = 250

    /// What waits for servers that are not connected may belong elsewhere by now.
    private func takeStranded() -> [PendingCommand] {
        sortedNodes.filter { !$0.isReady }.flatMap { $0.takeWaiting() }
    }

    /// Servers that own nothing any more are left once nothing is under way there.
    private func endLeft() {
        guard let map else { return }
        let masters = map.masters
        for link in sortedNodes where !masters.contains(link.endpoint) && link.isIdle && !isOwner(link) {
            link.end()
            nodes[link.endpoint] = nil
        }
    }

    private func isOwner(_ link: CommandLink) -> Bool { owners.contains { $0 === link } }
}
