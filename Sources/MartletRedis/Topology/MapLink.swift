/// The connection on which a client asks nodes of a Redis Cluster, one after the other, for the map.
final class MapLink: RedisLink {
    private let heard: (SlotMap, RedisEndpoint) -> Void
    private let candidates: () -> [RedisEndpoint]
    private var next = 0
    private var isWanted = false
    private var answerDue: Int64?

    /// `candidates` must not be empty.
    init(
        context: LinkContext, candidates: @escaping () -> [RedisEndpoint],
        heard: @escaping (SlotMap, RedisEndpoint) -> Void
    ) {
        self.heard = heard
        self.candidates = candidates
        super.init(candidates()[0], kind: .any, context: context)
    }

    override var nextEndpoint: RedisEndpoint? {
        guard isWanted else { return nil }
        let all = candidates()
        defer { next += 1 }
        return all[next % all.count]
    }

    /// Answered by `heard`, sooner or later.
    func ask() {
        isWanted = true
        if !isReady { return connectNow() }
        guard answerDue == nil else { return }
        answerDue = context.now + context.limits.commandTimeoutMilliseconds
        write(nil, MapLink.question)
    }

    private static let question = ArgumentList(["CLUSTER", "SLOTS"])

    override func becameReady() { ask() }

    override func took(_ reply: RedisReply) {
        guard answerDue != nil else { return drop(.malformedReply(.unexpectedReply)) }
        answerDue = nil
        if case .error(let message) = reply {
            return message.contains("cluster support disabled")
                ? refused(.notClusterNode) : drop(.connectionLost(message))
        }
        guard let map = SlotMap(reply, asked: endpoint) else {
            return drop(.connectionLost("it answers CLUSTER SLOTS with what is no map"))
        }
        isWanted = false
        heard(map, endpoint)
    }

    override func wasLost(_ loss: RedisLoss) { answerDue = nil }

    override func ticked(_ now: Int64) {
        super.ticked(now)
        if let answerDue, answerDue <= now { drop(.timedOut) }
    }

    /// The next question goes to another node.
    func turnToAnother() {
        if isReady, answerDue == nil { turnAway() }
    }
}
