/// The connection on which messages of channels arrive.
final class SubscriptionLink: RedisLink {
    typealias Heard = @Sendable (RedisNotice) -> Void

    private let whereTo: () -> RedisEndpoint?
    private var subscribers: [(channel: [UInt8], heard: Heard)] = []
    private var pingDue: Int64 = .max
    private var answerDue: Int64?

    init(context: LinkContext, whereTo: @escaping () -> RedisEndpoint?) {
        self.whereTo = whereTo
        super.init(RedisEndpoint(host: "", port: 0), kind: .any, context: context)
    }

    override var nextEndpoint: RedisEndpoint? { subscribers.isEmpty ? nil : whereTo() }

    func subscribe(_ channel: [UInt8], _ heard: @escaping Heard) {
        let isNew = !subscribers.contains { $0.channel == channel }
        subscribers.append((channel, heard))
        guard isReady else { return connectNow() }
        // Who joins a channel that is subscribed already hears so at once.
        if isNew { ask(channel) } else { heard(.subscribed) }
    }

    private func ask(_ channel: [UInt8]) {
        var command = ArgumentList(["SUBSCRIBE"])
        command.append(channel)
        write(nil, command)
        answerDue = answerDue ?? context.now + context.limits.commandTimeoutMilliseconds
    }

    override func becameReady() {
        var asked: [[UInt8]] = []
        for (channel, _) in subscribers where !asked.contains(channel) {
            asked.append(channel)
            ask(channel)
        }
    }

    override func took(_ reply: RedisReply) {
        answerDue = nil
        pingDue = context.now + context.limits.pingMilliseconds
        switch reply {
        case .array(let fields) where fields.count == 3: hear(fields)
        case .array(let fields) where fields.first?.text == "pong": break
        case .error(let message): refused(.notPermitted(message))
        default: drop(.malformedReply(.unexpectedReply))
        }
    }

    private func hear(_ fields: [RedisReply]) {
        guard case .bytes(let channel) = fields[1] else { return }
        switch (fields[0].text, fields[2]) {
        case ("message", .bytes(let message)): tell(channel, .message(message))
        case ("subscribe", _): tell(channel, .subscribed)
        default: break
        }
    }

    private func tell(_ channel: [UInt8], _ notice: RedisNotice) {
        for subscriber in subscribers where subscriber.channel == channel { subscriber.heard(notice) }
    }

    override func wasLost(_ loss: RedisLoss) {
        answerDue = nil
        pingDue = .max
    }

    override func wasRefused(_ refusal: RedisRefusal) { wasLost(.connectionLost(refusal.description)) }

    override func ticked(_ now: Int64) {
        super.ticked(now)
        if let answerDue, answerDue <= now { return drop(.timedOut) }
        guard isReady, now >= pingDue, answerDue == nil else { return }
        answerDue = now + context.limits.commandTimeoutMilliseconds
        write(nil, SubscriptionLink.ping)
    }

    private static let ping = ArgumentList(["PING"])
}
