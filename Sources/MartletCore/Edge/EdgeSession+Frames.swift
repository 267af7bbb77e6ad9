/// What the client says.
extension EdgeSession {
    /// `hello` with a token that was verified.
    public mutating func hello(
        _ hello: Hello, _ claims: SessionClaims, ref: UInt64?, _ settings: EdgeSettings, now: Now,
        into actions: inout [EdgeAction]
    ) {
        guard phase == .awaitingHello else {
            return refused(.invalid, "hello was said before", ref: ref, into: &actions)
        }
        guard let device = DeviceID(hello.device) else { return end(.invalid, "invalid device id", into: &actions) }
        if let bound = claims.device, bound != device {
            return end(.forbidden, "the token is for another device", into: &actions)
        }
        self.claims = claims
        self.device = device
        tier = claims.tier
        generation = hello.generation
        cursor = max(0, hello.cursor)
        helloRef = ref
        sends = TokenBucket(burst: settings.rate(tier).burst, now: now)
        attach(settings, now: now, into: &actions)
        actions.append(.waiting)
    }

    /// A token that was verified, for a session that is there.
    public mutating func renewed(_ claims: SessionClaims, ref: UInt64?, now: Now, into actions: inout [EdgeAction]) {
        guard let current = self.claims, phase != .over else {
            return refused(.unauthenticated, "hello comes first", ref: ref, into: &actions)
        }
        guard current.user == claims.user, claims.device == nil || claims.device == device else {
            return refused(.forbidden, "the token is for somebody else", ref: ref, into: &actions)
        }
        self.claims = claims
        tier = claims.tier
        actions.append(.answer(ServerEnvelope(ref: ref, .pong(pong(now)))))
    }

    /// Any frame but `hello` and `renew`, which bring a token. `isHomeBusy`: messages would wait for seconds, so they
    /// are not taken.
    public mutating func frame(
        _ envelope: ClientEnvelope, isHomeBusy: Bool = false, _ settings: EdgeSettings, now: Now,
        into actions: inout [EdgeAction]
    ) {
        guard phase != .over else { return }
        guard let user else { return end(.unauthenticated, "hello comes first", into: &actions) }
        switch envelope.frame {
        case .hello, .renew: refused(.invalid, "a token is needed", ref: envelope.ref, into: &actions)
        case .ping: actions.append(.answer(ServerEnvelope(ref: envelope.ref, .pong(pong(now)))))
        case .signal(let signal): pass(signal, from: user, into: &actions)
        case .ack(let ack): acknowledge(ack, envelope, user, settings, into: &actions)
        case .send(let send): take(send, envelope, user, isHomeBusy, settings, now: now, into: &actions)
        case .read, .sync, .conversations, .history, .presence: hold(envelope, user, settings, into: &actions)
        }
    }

    /// A frame that could not be read, or a token that was refused. Before `hello` it ends the connection.
    public mutating func refused(
        _ code: ErrorCode, _ reason: String, ref: UInt64?, into actions: inout [EdgeAction]
    ) {
        guard phase != .awaitingHello else { return end(code, reason, into: &actions) }
        guard phase != .over else { return }
        var frame = ErrorFrame()
        frame.code = code
        frame.reason = reason
        actions.append(.answer(ServerEnvelope(ref: ref, .error(frame))))
    }

    /// The limit of its user's signals at this edge, which the shell keeps for all sessions of the user; nil: it may
    /// give none now.
    public func signalLimit(_ settings: EdgeSettings) -> RateLimit? {
        phase == .attached || phase == .attaching ? settings.rate(tier) : nil
    }

    private mutating func pass(_ signal: Signal, from user: Key, into actions: inout [EdgeAction]) {
        guard signal.to.kind == .user else { return }
        actions.append(
            .signal(
                .signal(from: user, to: signal.to.key, type: signal.type, content: signal.content), to: signal.to.key))
    }

    /// Has no answer, and is not held: the next attach brings the cursor along.
    private mutating func acknowledge(
        _ ack: Ack, _ envelope: ClientEnvelope, _ user: Key, _ settings: EdgeSettings, into actions: inout [EdgeAction]
    ) {
        if ack.seq <= pushedUpTo { cursor = max(cursor, ack.seq) }
        guard phase == .attached else { return }
        saidCursor = max(saidCursor, cursor)
        actions.append(.forward(.request(session: ref(settings), user: user, request: 0, envelope)))
    }

    private mutating func take(
        _ send: Send, _ envelope: ClientEnvelope, _ user: Key, _ isHomeBusy: Bool, _ settings: EdgeSettings, now: Now,
        into actions: inout [EdgeAction]
    ) {
        var frame = RejectedFrame()
        if isHomeBusy {
            (frame.code, frame.reason) = (.busy, "too many messages wait")
            frame.retryAfterMilliseconds = EdgeSession.busyAgain
        } else {
            let rate = settings.rate(tier)
            let wait = sends.take(rate: rate.rate, burst: rate.burst, now: now)
            guard wait > 0 else { return hold(envelope, user, settings, into: &actions) }
            (frame.code, frame.reason) = (.rateLimited, "too many messages")
            frame.retryAfterMilliseconds = wait
        }
        frame.clientSequence = send.clientSequence
        actions.append(.answer(ServerEnvelope(ref: envelope.ref, .rejected(frame))))
    }

    /// Milliseconds.
    private static let busyAgain: Int64 = 1_000

    private mutating func hold(
        _ envelope: ClientEnvelope, _ user: Key, _ settings: EdgeSettings, into actions: inout [EdgeAction]
    ) {
        lastRequest += 1
        let bytes = envelope.frame.heldBytes
        held.append(Held(request: lastRequest, envelope: envelope, bytes: bytes))
        heldBytes += bytes
        if phase == .attached {
            actions.append(.forward(.request(session: ref(settings), user: user, request: lastRequest, envelope)))
        }
        if !isReadingStopped, isFull(settings.limits) {
            isReadingStopped = true
            actions.append(.stopReading)
        }
    }

    func isFull(_ limits: Limits) -> Bool {
        held.count >= limits.unansweredFrames || heldBytes >= limits.unansweredBytes
    }

    private func pong(_ now: Now) -> Pong {
        var pong = Pong()
        pong.time = now.wall
        return pong
    }

    /// Before `hello`: there is no home to tell.
    private mutating func end(_ code: ErrorCode, _ reason: String, into actions: inout [EdgeAction]) {
        actions.append(.close(code, reason: reason))
        phase = .over
    }
}

extension ClientFrame {
    /// About what a frame takes while it is held.
    var heldBytes: Int {
        guard case .send(let send) = self else { return 64 }
        let content = send.body.content.map { content in
            switch content.value {
            case .text(let text): text.utf8.count
            case .bytes(let bytes): bytes.count
            case nil: 0
            }
        }
        return 256 + (content ?? 0) + send.body.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }
}
