/// One server, always the same.
final class SingleTopology: Topology {
    private let master: CommandLink

    init(_ endpoint: RedisEndpoint, context: LinkContext, owner: any TopologyOwner) {
        master = CommandLink(endpoint, kind: .master, context: context, owner: owner)
    }

    func start() { master.connectNow() }
    func link(for slot: HashSlot?) -> CommandLink? { master }
    func link(at endpoint: RedisEndpoint) -> CommandLink? { nil }
    func moved(_ slot: HashSlot, to endpoint: RedisEndpoint) -> Bool { false }
    func doubt() {}
    func ticked(_ now: Int64) { master.ticked(now) }
    var anyEndpoint: RedisEndpoint? { master.endpoint }
    var isReady: Bool { master.isReady }
    var refusal: RedisRefusal? { master.refusal }
    var links: [RedisLink] { [master] }
}
