import MartletIO

/// Brings each command to the server of its hash slot, and again to another one if a server says so.
///
/// Order: commands of one slot go through one connection, which keeps theirs. When one of them has to be sent again the
/// slot is held (`SlotHold`): later commands wait until all that was sent before is answered.
final class Router {
    private let context: LinkContext
    /// Set once, before anything is sent.
    private(set) var topology: (any Topology)!
    private var holds: [HashSlot: SlotHold] = [:]
    /// Commands for which no server is known.
    private var homeless = RequestQueue()
    private let connected: (RedisEndpoint) -> Void

    init(context: LinkContext, connected: @escaping (RedisEndpoint) -> Void) {
        self.context = context
        self.connected = connected
        topology = makeTopology()
    }

    private func makeTopology() -> any Topology {
        switch context.configuration.mode {
        case .single(let endpoint): SingleTopology(endpoint, context: context, owner: self)
        case .cluster(let seeds): ClusterTopology(seeds: seeds, context: context, owner: self)
        case .sentinel(let sentinels, let master, let credentials):
            SentinelTopology(
                sentinels, master: master, credentials: credentials, context: context, owner: self)
        }
    }

    // MARK: - On the way to a server

    func send(_ request: RedisRequest) {
        let timeout = request.command.timeoutMilliseconds ?? context.limits.commandTimeoutMilliseconds
        let deadline = context.now + min(max(timeout, 0), 86_400_000)
        context.counters.commands.add()
        route(PendingCommand(command: request.command, done: request.done, deadline: deadline))
    }

    private func route(_ pending: PendingCommand) {
        guard !holds.isEmpty, let slot = pending.command.slot, let hold = holds[slot] else { return place(pending) }
        guard hasRoom(hold.count, hold.bytes, pending) else { return failed(pending, .unavailable(.overloaded)) }
        holds[slot]?.fresh.append(pending)
    }

    private func place(_ pending: PendingCommand) {
        if let link = link(for: pending) { return link.enqueue(pending) }
        if let refusal = topology.refusal { return failed(pending, .unavailable(.refused(refusal))) }
        guard hasRoom(homeless.count, homeless.bytes, pending) else {
            return failed(pending, .unavailable(.overloaded))
        }
        homeless.append(pending)
    }

    private func link(for pending: PendingCommand) -> CommandLink? {
        guard let endpoint = pending.askedTo else { return topology.link(for: pending.command.slot) }
        return topology.link(at: endpoint)
    }

    private func hasRoom(_ count: Int, _ bytes: Int, _ pending: PendingCommand) -> Bool {
        count < context.limits.maxCommandsPerConnection
            && bytes + pending.command.cost <= context.limits.maxBytesPerConnection
    }

    // MARK: - Back from a server

    private func finish(_ pending: PendingCommand, _ result: Result<RedisReply, RedisError>) { pending.done?(result) }

    /// Sends it again, in its place among the commands of its slot; not one that was answered meanwhile.
    private func again(
        _ pending: PendingCommand, from link: CommandLink, after milliseconds: Int64 = 0, _ message: String
    ) {
        guard pending.done != nil else { return }
        guard pending.resends < context.limits.maxResends else {
            return failed(pending, .unavailable(.notServed(message)))
        }
        context.counters.resends.add()
        var pending = pending
        pending.resends += 1
        guard let slot = pending.command.slot else { return place(pending) }
        hold(slot, link: link, until: context.now + milliseconds)
        holds[slot]?.again.append(pending)
    }

    private func hold(_ slot: HashSlot, link: CommandLink, until time: Int64) {
        if let hold = holds[slot] {
            holds[slot]?.resumesAt = max(hold.resumesAt, time)
        } else {
            holds[slot] = SlotHold(link: link, outstanding: link.countUnderWay(of: slot), resumesAt: time)
        }
    }

    private func countDown(_ slot: HashSlot?, _ link: CommandLink) {
        guard !holds.isEmpty, let slot, let hold = holds[slot], hold.link === link, hold.outstanding > 0 else { return }
        holds[slot]?.outstanding -= 1
    }

    private func releaseIfOver(_ slot: HashSlot?) {
        guard !holds.isEmpty, let slot, var hold = holds[slot], hold.isOver(context.now) else { return }
        holds[slot] = nil
        for pending in hold.takeAll() { place(pending) }
    }

    // MARK: - Time

    func ticked(_ now: Int64) {
        topology.ticked(now)
        for pending in homeless.takeOverdue(now) { failed(pending, .unavailable(.notConnected)) }
        for slot in holds.keys.sorted(by: { $0.number < $1.number }) {
            for pending in holds[slot]?.takeOverdue(now) ?? [] {
                failed(pending, .unavailable(.notServed("its slot was not served in time")))
            }
            releaseIfOver(slot)
        }
    }

    /// Answers everything: what was sent is unknown, the rest is not going to be.
    func stop() {
        for case let link as CommandLink in topology.links {
            link.failUnderWay(.stopped)
            for pending in link.takeWaiting() { failed(pending, .closed) }
        }
        for slot in holds.keys.sorted(by: { $0.number < $1.number }) {
            for pending in holds[slot]?.takeAll() ?? [] { failed(pending, .closed) }
        }
        holds = [:]
        for pending in homeless.takeAll() { failed(pending, .closed) }
        for link in topology.links { link.end() }
    }
}

extension Router: TopologyOwner {
    func answered(_ pending: PendingCommand, _ reply: RedisReply, by link: CommandLink) {
        countDown(pending.command.slot, link)
        switch Verdict(reply, asked: link.endpoint) {
        case .answer(let result): finish(pending, result)
        case .moved(let slot, let endpoint, let message): moved(pending, slot, endpoint, by: link, message)
        case .ask(let endpoint, let message): asked(pending, endpoint, by: link, message)
        case .later(let message): putOff(pending, by: link, message)
        case .scriptUnknown(let message): scriptUnknown(pending, by: link, message)
        case .readOnly(let message):
            link.retire()
            putOff(pending, by: link, message)
        }
        releaseIfOver(pending.command.slot)
    }

    private func putOff(_ pending: PendingCommand, by link: CommandLink, _ message: String) {
        topology.doubt()
        var pending = pending
        pending.askedTo = nil
        again(pending, from: link, after: context.limits.retryMilliseconds, message)
    }

    private func moved(
        _ pending: PendingCommand, _ slot: HashSlot, _ endpoint: RedisEndpoint, by link: CommandLink, _ message: String
    ) {
        guard topology.moved(slot, to: endpoint) else { return finish(pending, .failure(.server(message))) }
        var pending = pending
        pending.askedTo = nil
        again(pending, from: link, message)
    }

    private func asked(
        _ pending: PendingCommand, _ endpoint: RedisEndpoint, by link: CommandLink, _ message: String
    ) {
        guard topology.link(at: endpoint) != nil else { return finish(pending, .failure(.server(message))) }
        var pending = pending
        pending.askedTo = endpoint
        again(pending, from: link, message)
    }

    private func scriptUnknown(_ pending: PendingCommand, by link: CommandLink, _ message: String) {
        guard let script = pending.command.script else { return finish(pending, .failure(.server(message))) }
        link.forget(script)
        again(pending, from: link, message)
    }

    func failed(_ pending: PendingCommand, _ error: RedisError) {
        switch error {
        case .unknown: context.counters.unknown.add()
        case .unavailable: context.counters.unavailable.add()
        case .server, .closed: break
        }
        finish(pending, .failure(error))
    }

    func becameReady(_ link: CommandLink) { connected(link.endpoint) }

    func lost(_ link: CommandLink) {
        for slot in holds.keys where holds[slot]?.link === link { holds[slot]?.outstanding = 0 }
        topology.doubt()
    }

    func changed(stranded: [PendingCommand]) {
        for pending in homeless.takeAll() + stranded { route(pending) }
    }
}
