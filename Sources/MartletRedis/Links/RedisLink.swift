import MartletIO

/// A connection to one server that is made again whenever it breaks. What it is for, subclasses say.
class RedisLink {
    private enum Phase {
        case idle(until: Int64)
        case connecting(attempt: UInt64, deadline: Int64)
        case greeting(Greeting, deadline: Int64)
        case ready
        case ended
    }

    let context: LinkContext
    let kind: ServerKind
    private(set) var endpoint: RedisEndpoint
    private(set) var stream: StreamID?
    /// Why the server is not used. Nil again once a connection is ready, or fails for another reason.
    private(set) var refusal: RedisRefusal?
    private var phase: Phase
    private var reader: ReplyReader?
    private var backoff: ReconnectBackoff
    /// The last trouble was logged; not again until it works.
    private var hasComplained = false

    /// Connects with the next tick, or when `connectNow` is called.
    init(_ endpoint: RedisEndpoint, kind: ServerKind, context: LinkContext) {
        self.endpoint = endpoint
        self.kind = kind
        self.context = context
        phase = .idle(until: 0)
        backoff = ReconnectBackoff(context.limits.reconnectMilliseconds)
    }

    // MARK: - For subclasses

    var credentials: RedisCredentials? { context.configuration.credentials }
    /// Asked before each attempt; nil: not now.
    var nextEndpoint: RedisEndpoint? { endpoint }
    func becameReady() {}
    func took(_ reply: RedisReply) {}
    /// The connection is gone, or could not be made.
    func wasLost(_ loss: RedisLoss) {}
    func wasRefused(_ refusal: RedisRefusal) {}

    // MARK: - State

    var isReady: Bool {
        if case .ready = phase { return true }
        return false
    }

    func connectNow() {
        guard case .idle = phase, let next = nextEndpoint else { return }
        endpoint = next
        let attempt = context.connect(self)
        phase = .connecting(attempt: attempt, deadline: context.now + context.limits.connectTimeoutMilliseconds)
    }

    func ticked(_ now: Int64) {
        switch phase {
        case .idle(let time) where now >= time: connectNow()
        case .connecting(let attempt, let deadline) where now >= deadline:
            context.forget(attempt: attempt)
            lost(.timedOut)
        case .greeting(_, let deadline) where now >= deadline: drop(.timedOut)
        default: break
        }
    }

    /// Formats and gathers one command.
    func write(_ prefix: ArgumentList?, _ arguments: ArgumentList) {
        guard let stream else { return }
        context.io.withOutput(of: stream) { context.formatter.append(prefix, arguments, to: &$0) }
    }

    /// Resets the connection; another one follows.
    func drop(_ loss: RedisLoss) {
        disconnect()
        lost(loss)
    }

    /// Ends a connection that works, for one to another server.
    func turnAway() {
        disconnect()
        waitForNext(backoff.failed())
        wasLost(.connectionLost("another server is asked"))
    }

    /// For good.
    func end() {
        disconnect()
        if case .connecting(let attempt, _) = phase { context.forget(attempt: attempt) }
        phase = .ended
    }

    private func disconnect() {
        guard let stream else { return }
        context.forget(stream)
        context.io.reset(stream)
        self.stream = nil
        reader = nil
    }
}

// MARK: - What happens to the connection
extension RedisLink {
    func connected(_ stream: StreamID) {
        self.stream = stream
        reader = ReplyReader(limits: context.limits)
        let greeting = Greeting(kind: kind, credentials: credentials, name: context.name)
        phase = .greeting(greeting, deadline: context.now + context.limits.commandTimeoutMilliseconds)
        for command in greeting.commands { write(nil, command) }
    }

    func received(_ bytes: RawSpan) {
        guard let reader else { return }
        do throws(RedisProtocolError) {
            try reader.feed(bytes)
            // A reply may end the connection, and with it this reader.
            while self.reader === reader, let reply = try reader.next() { take(reply) }
        } catch {
            drop(.malformedReply(error))
        }
    }

    func lost(_ loss: RedisLoss) {
        if case .ended = phase { return }
        refusal = nil
        waitForNext(backoff.failed())
        complain("connection lost", "\(loss)")
        wasLost(loss)
    }

    private func take(_ reply: RedisReply) {
        guard case .greeting(var greeting, let deadline) = phase else { return took(reply) }
        switch greeting.take(reply) {
        case .goesOn: phase = .greeting(greeting, deadline: deadline)
        case .done: greeted()
        case .refused(let refusal): refused(refusal)
        case .failed(let message): drop(.connectionLost(message))
        }
    }

    private func greeted() {
        phase = .ready
        refusal = nil
        hasComplained = false
        backoff.succeeded()
        context.counters.connects.add()
        context.log.info("connected", [.address: .init(endpoint), .name: .string("\(kind)")])
        becameReady()
    }

    /// The server is not the right one: said to whoever waits, and looked at again now and then.
    func refused(_ refusal: RedisRefusal) {
        disconnect()
        waitForNext(backoff.refused())
        self.refusal = refusal
        complain("server refused", refusal.description)
        wasRefused(refusal)
    }

    private func waitForNext(_ milliseconds: Int64) {
        stream = nil
        reader = nil
        phase = .idle(until: context.now + milliseconds)
    }

    private func complain(_ what: String, _ reason: String) {
        if hasComplained { return }
        hasComplained = true
        context.log.warning(what, [.address: .init(endpoint), .name: .string("\(kind)"), .reason: .string(reason)])
    }
}
