import MartletIO

/// The connection to one sentinel at a time: it says where the master is, and then when that changes.
final class SentinelLink: RedisLink {
    private let sentinels: [RedisEndpoint]
    private let master: String
    private let ownCredentials: RedisCredentials?
    private let heard: (RedisEndpoint) -> Void
    private var next = 0
    private var isFollowing = false
    private var answerDue: Int64?
    private var pingDue: Int64 = .max

    init(
        _ sentinels: [RedisEndpoint], master: String, credentials: RedisCredentials?, context: LinkContext,
        heard: @escaping (RedisEndpoint) -> Void
    ) {
        self.sentinels = sentinels
        self.master = master
        ownCredentials = credentials
        self.heard = heard
        super.init(sentinels[0], kind: .any, context: context)
    }

    override var credentials: RedisCredentials? { ownCredentials }

    override var nextEndpoint: RedisEndpoint? {
        defer { next += 1 }
        return sentinels[next % sentinels.count]
    }

    /// A connection that follows cannot ask, so it is made anew, to the next sentinel.
    func askAgain() {
        if isFollowing { turnAway() }
    }

    override func becameReady() {
        isFollowing = false
        answerDue = context.now + context.limits.commandTimeoutMilliseconds
        write(nil, ArgumentList(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master]))
        write(nil, ArgumentList(["SUBSCRIBE", SentinelLink.channel]))
    }

    private static let channel = "+switch-master"

    override func took(_ reply: RedisReply) {
        answerDue = nil
        pingDue = context.now + context.limits.pingMilliseconds
        if isFollowing { follow(reply) } else { takeAddress(reply) }
    }

    private func takeAddress(_ reply: RedisReply) {
        switch reply {
        case .null: refused(.unknownMaster(master))
        case .error(let message): drop(.connectionLost(message))
        case .array(let fields):
            guard fields.count == 2, let endpoint = RedisEndpoint(host: fields[0].text, port: fields[1].text)
            else { return drop(.malformedReply(.unexpectedReply)) }
            isFollowing = true
            heard(endpoint)
        default: drop(.malformedReply(.unexpectedReply))
        }
    }

    /// `message +switch-master "name old-host old-port host port"`; everything else proves that the sentinel lives.
    private func follow(_ reply: RedisReply) {
        guard case .array(let fields) = reply, fields.count == 3, fields[0].text == "message" else { return }
        let words = (fields[2].text ?? "").split(separator: " ").map(String.init)
        guard words.count == 5, words[0] == master, let endpoint = RedisEndpoint(host: words[3], port: words[4])
        else { return }
        heard(endpoint)
    }

    override func wasLost(_ loss: RedisLoss) {
        isFollowing = false
        answerDue = nil
        pingDue = .max
    }

    override func wasRefused(_ refusal: RedisRefusal) { wasLost(.connectionLost(refusal.description)) }

    override func ticked(_ now: Int64) {
        super.ticked(now)
        if let answerDue, answerDue <= now { return drop(.timedOut) }
        guard isReady, answerDue == nil, now >= pingDue else { return }
        answerDue = now + context.limits.commandTimeoutMilliseconds
        write(nil, ArgumentList(["PING"]))
    }
}

extension RedisEndpoint {
    fileprivate init?(host: String?, port: String?) {
        guard let host, !host.isEmpty, let port = port.flatMap({ UInt16($0) }), port > 0 else { return nil }
        self.init(host: host, port: port)
    }
}

extension RedisReply {
    /// Of a bulk string.
    var text: String? {
        guard case .bytes(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
