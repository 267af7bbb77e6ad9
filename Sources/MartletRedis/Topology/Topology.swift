/// Which servers there are, and which of them takes the commands of which hash slot.
protocol Topology: AnyObject {
    func start()
    /// Nil: not known yet.
    func link(for slot: HashSlot?) -> CommandLink?
    /// A server that another one named, for one command. Nil: there are too many already.
    func link(at endpoint: RedisEndpoint) -> CommandLink?
    /// False: this kind of topology knows no such thing.
    func moved(_ slot: HashSlot, to endpoint: RedisEndpoint) -> Bool
    /// What is known may be wrong: a server is away, is no master, or serves a slot no more.
    func doubt()
    func ticked(_ now: Int64)
    /// Where a subscription goes; nil: not known yet.
    var anyEndpoint: RedisEndpoint? { get }
    /// All servers that take writes are known and connected.
    var isReady: Bool { get }
    /// Of any of the servers.
    var refusal: RedisRefusal? { get }
    /// All links, those for commands and others.
    var links: [RedisLink] { get }
}

/// What a topology tells the router.
protocol TopologyOwner: CommandLinkOwner {
    /// Servers or the map changed: `stranded` and all that waits for a server may go somewhere now.
    func changed(stranded: [PendingCommand])
}
