import MartletIO

/// Whoever sends commands through links.
protocol CommandLinkOwner: AnyObject {
    func answered(_ pending: PendingCommand, _ reply: RedisReply, by link: CommandLink)
    func becameReady(_ link: CommandLink)
    func lost(_ link: CommandLink)
    func failed(_ pending: PendingCommand, _ error: RedisError)
}

/// The connection that carries the commands for one server: what is ready to be sent goes out at once, in order, and
/// answers come in the same order.
final class CommandLink: RedisLink {
    private unowned let owner: any CommandLinkOwner
    private var waiting = RequestQueue()
    private var underWay = RequestQueue()
    /// Scripts that this connection has carried to its server.
    private var knownScripts: [RedisScript] = []
    /// No more is sent; when all is answered another connection follows.
    private var isRetiring = false
    /// Since when the server owes an answer and has given none.
    private var silentSince: Int64 = 0

    init(_ endpoint: RedisEndpoint, kind: ServerKind, context: LinkContext, owner: any CommandLinkOwner) {
        self.owner = owner
        super.init(endpoint, kind: kind, context: context)
    }

    func enqueue(_ pending: PendingCommand) {
        if let refusal { return owner.failed(pending, .unavailable(.refused(refusal))) }
        guard hasRoom(for: pending.command) else { return owner.failed(pending, .unavailable(.overloaded)) }
        if isReady && !isRetiring { send(pending) } else { waiting.append(pending) }
    }

    private func hasRoom(for command: RedisCommand) -> Bool {
        waiting.count + underWay.count < context.limits.maxCommandsPerConnection
            && waiting.bytes + underWay.bytes + command.cost <= context.limits.maxBytesPerConnection
    }

    private func send(_ pending: PendingCommand) {
        if underWay.isEmpty { silentSince = context.now }
        if pending.askedTo != nil {
            write(nil, CommandLink.asking)
            underWay.append(CommandLink.ownCommand(deadline: pending.deadline))
        }
        write(pending.command.script.map(prefix), pending.command.arguments)
        underWay.append(pending)
    }

    private static let asking = ArgumentList(["ASKING"])

    private static func ownCommand(deadline: Int64) -> PendingCommand {
        PendingCommand(command: RedisCommand("ASKING"), done: nil, deadline: deadline)
    }

    /// The first use on a connection brings the source, so that later ones find the script known: it can become unknown
    /// only if someone flushes scripts.
    private func prefix(for script: RedisScript) -> ArgumentList {
        if knownScripts.contains(where: { $0 === script }) { return script.byDigest }
        knownScripts.append(script)
        return script.bySource
    }

    func forget(_ script: RedisScript) { knownScripts.removeAll { $0 === script } }

    /// Answers that are to come for commands of a slot.
    func countUnderWay(of slot: HashSlot) -> Int { underWay.count(of: slot) }

    var isIdle: Bool { underWay.isEmpty && waiting.isEmpty }

    /// What was not sent yet, in order; nothing of it stays.
    func takeWaiting() -> [PendingCommand] { waiting.takeAll() }

    /// The server takes no writes any more: what it was sent is answered yet, the rest goes to its successor.
    func retire() {
        isRetiring = true
        endIfRetired()
    }

    private func endIfRetired() {
        if isRetiring, underWay.isEmpty { drop(.connectionLost("the server takes no writes any more")) }
    }

    // MARK: - Events

    override func becameReady() {
        knownScripts = []
        isRetiring = false
        for pending in waiting.takeAll() { send(pending) }
        owner.becameReady(self)
    }

    override func took(_ reply: RedisReply) {
        guard let pending = underWay.popFirst() else { return drop(.malformedReply(.unexpectedReply)) }
        silentSince = context.now
        owner.answered(pending, reply, by: self)
        endIfRetired()
    }

    override func wasLost(_ loss: RedisLoss) {
        isRetiring = false
        failUnderWay(loss)
        owner.lost(self)
    }

    /// The oldest command's time is over, and for as long as a command may take nothing came. Both, because a command may
    /// have waited for this connection for most of its time, and may have little or much of it.
    private func isHanging(_ now: Int64) -> Bool {
        guard let first = underWay.first, first.deadline <= now else { return false }
        return now - silentSince >= context.limits.commandTimeoutMilliseconds
    }

    func failUnderWay(_ loss: RedisLoss) {
        for pending in underWay.takeAll() { owner.failed(pending, .unknown(loss)) }
    }

    override func wasRefused(_ refusal: RedisRefusal) {
        for pending in waiting.takeAll() { owner.failed(pending, .unavailable(.refused(refusal))) }
        owner.lost(self)
    }

    override func ticked(_ now: Int64) {
        super.ticked(now)
        for pending in waiting.takeOverdue(now) { owner.failed(pending, .unavailable(.notConnected)) }
        if isHanging(now) { return drop(.timedOut) }
        for done in underWay.completionsOverdue(now) {
            context.counters.unknown.add()
            done(.failure(.unknown(.timedOut)))
        }
    }
}
