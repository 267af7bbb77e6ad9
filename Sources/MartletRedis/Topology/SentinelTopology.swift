/// The master that sentinels name.
final class SentinelTopology: Topology {
    private let context: LinkContext
    private unowned let owner: any TopologyOwner
    private var master: CommandLink?
    private var askAgainAt: Int64?
    private let makeLink: (@escaping (RedisEndpoint) -> Void) -> SentinelLink
    private lazy var sentinel = makeLink { [unowned self] in switchMaster(to: $0) }

    /// At least one sentinel.
    init(
        _ sentinels: [RedisEndpoint], master: String, credentials: RedisCredentials?, context: LinkContext,
        owner: any TopologyOwner
    ) {
        self.context = context
        self.owner = owner
        makeLink = {
            SentinelLink(sentinels, master: master, credentials: credentials, context: context, heard: $0)
        }
    }

    func start() { sentinel.connectNow() }
    func link(for slot: HashSlot?) -> CommandLink? { master }
    func link(at endpoint: RedisEndpoint) -> CommandLink? { nil }
    func moved(_ slot: HashSlot, to endpoint: RedisEndpoint) -> Bool { false }

    /// The sentinels may know of another master and this client have missed it.
    func doubt() {
        if askAgainAt == nil { askAgainAt = context.now + SentinelTopology.pauseMilliseconds }
    }

    /// Between two questions, however great the doubt.
    private static let pauseMilliseconds: Int64 = 200

    func ticked(_ now: Int64) {
        sentinel.ticked(now)
        master?.ticked(now)
        guard let time = askAgainAt, now >= time else { return }
        askAgainAt = nil
        if !(master?.isReady ?? false) { sentinel.askAgain() }
    }

    private func switchMaster(to endpoint: RedisEndpoint) {
        if master?.endpoint == endpoint { return }
        let stranded = master?.takeWaiting() ?? []
        master?.failUnderWay(.connectionLost("the sentinels named another master"))
        master?.end()
        let link = CommandLink(endpoint, kind: .watchedMaster, context: context, owner: owner)
        master = link
        link.connectNow()
        owner.changed(stranded: stranded)
    }

    var anyEndpoint: RedisEndpoint? { master?.endpoint }
    var isReady: Bool { master?.isReady ?? false }
    var refusal: RedisRefusal? { master?.refusal ?? sentinel.refusal }

    var links: [RedisLink] {
        guard let master else { return [sentinel] }
        return [master, sentinel]
    }
}
