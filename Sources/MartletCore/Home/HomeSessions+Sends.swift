// A device's messages on their way into the log, in the order in which they came.
//
// What is refused for good is a record too, so it goes to the slot machine like a message (rule 2). Frames that are
// malformed, too large or too many are answered here and consume no number.
extension HomeSessions {
    mutating func send(_ row: Int, _ asked: Asked, _ send: Send) {
        let n = send.clientSequence
        if let (code, reason) = malformed(send) {
            let envelope = ServerEnvelope(ref: asked.ref, .error(errorFrame(code, reason)))
            return deliver([row], envelope, settles: n > 0 ? .send(n) : .request(asked.request))
        }
        sessions[row].sends.remember(asked.ref, for: n, limit: settings.limits.unansweredFrames)
        let limit = settings.rateLimit(of: sessions[row].tier)
        let wait = users[Int(sessions[row].user)].bucket.take(rate: limit.rate, burst: limit.burst, now: now)
        guard wait == 0 else { return reject(row, n, .rateLimited, "too many messages", retryAfter: wait) }
        if sessions[row].sends.waiting.isEmpty, send.target == nil { return take(row, send) }
        guard sessions[row].sends.waiting.count < settings.limits.unansweredFrames else {
            return reject(row, n, .busy, "too many messages wait", retryAfter: 100)
        }
        sessions[row].sends.wait(send)
        takeWaiting(row)
    }

    /// The slot machine's answer. A first acceptance went out with the device's own copy, in its place in the stream.
    mutating func answerSend(_ device: DeviceKey, _ n: ClientSequence, _ answer: SendAnswer) {
        guard let user = users.find(device.user), let row = find(device.device, of: user),
            sessions[row].phase != .loading
        else { return }
        switch answer {
        case .accepted(let id, let seq, let time, let isRetry):
            if isRetry || lacksCopy(user, seq, device.device) { acceptAgain(row, n, id, seq, time) }
        case .rejected(let code): reject(row, n, code, "refused")
        case .outOfOrder(let expected): reject(row, n, .outOfOrder, "another number is next", expected: expected)
        case .temporary(let code, let retryAfter): reject(row, n, code, "not now", retryAfter: retryAfter)
        }
    }

    // MARK: Checks

    private func malformed(_ send: Send) -> (ErrorCode, String)? {
        let limits = settings.limits
        if send.clientSequence == 0 { return (.invalid, "clientSequence begins at 1") }
        if send.body.contentBytes > limits.maxContentBytes { return (.tooLarge, "content") }
        if send.body.headers.count > limits.maxHeaders { return (.tooLarge, "headers") }
        if send.body.headerBytes > limits.maxHeaderBytes { return (.tooLarge, "headers") }
        if send.expiresAt < 0 { return (.invalid, "expiresAt is negative") }
        switch send.type {
        case .message, .system:
            return send.target == nil ? nil : (.invalid, "a message has no target")
        case .edit, .delete, .reaction:
            guard let target = send.target else { return (.invalid, "\(send.type) without a target") }
            return target.seq > 0 ? nil : (.invalid, "target without a seq")
        }
    }

    /// Nil: it may be written.
    private func refusal(_ user: Key, _ send: Send) -> ErrorCode? {
        if send.to.key.isReserved || send.type == .system { return .forbidden }
        if send.to.kind == .group { return .notFound }
        return settings.maySend(user, send.to) ? nil : .forbidden
    }

    private func refusal(_ user: Key, _ send: Send, about target: Entry?) -> ErrorCode? {
        guard let target, target.id == send.target?.id else { return .notFound }
        guard target.conversation == send.to, target.content.type == .message else { return .invalid }
        if send.type != .reaction, target.from != user { return .forbidden }
        return nil
    }

    // MARK: Taking

    private mutating func take(_ row: Int, _ send: Send, about target: Entry? = nil) {
        let user = users[Int(sessions[row].user)].key
        let rejection = refusal(user, send) ?? (send.target == nil ? nil : refusal(user, send, about: target))
        let content = MessageContent(
            type: send.type, target: send.target, expiresAt: send.expiresAt, body: settings.encodeBody(send.body))
        let posted = Posted(
            sender: DeviceKey(user: user, device: sessions[row].device), clientSequence: send.clientSequence,
            to: send.to, id: MessageID(0), content: content, targetSeqAtRecipient: target?.sourceSeq ?? 0)
        out.append(.take(TakenSend(posted: posted, rejection: rejection)))
    }

    /// Takes what waits, up to one whose target has to be read.
    private mutating func takeWaiting(_ row: Int) {
        while !sessions[row].sends.isLooking, let next = sessions[row].sends.waiting.first {
            guard let target = next.target else {
                take(row, sessions[row].sends.takeFirst())
                continue
            }
            let user = Int(sessions[row].user)
            if let recent = users[user].stream.first(where: { $0.seq == target.seq }) {
                take(row, sessions[row].sends.takeFirst(), about: recent)
            } else {
                askTarget(row, target)
            }
        }
    }

    private mutating func askTarget(_ row: Int, _ target: Target) {
        sessions[row].sends.isLooking = true
        let user = users[Int(sessions[row].user)].key
        ask(.entry(user: user, seq: target.seq), for: .target(sessions.handle(row)))
    }

    mutating func targetRead(_ session: SessionHandle, asOf: Offset, _ entry: Entry?) {
        guard let row = sessions.row(session), let next = sessions[row].sends.waiting.first else { return }
        sessions[row].sends.isLooking = false
        // What was decided behind the answer is looked for in the stream again.
        if entry == nil, let target = next.target, isStale(asOf) { return askTarget(row, target) }
        take(row, sessions[row].sends.takeFirst(), about: entry)
        takeWaiting(row)
    }

    mutating func targetFailed(_ session: SessionHandle) {
        guard let row = sessions.row(session), !sessions[row].sends.waiting.isEmpty else { return }
        sessions[row].sends.isLooking = false
        let send = sessions[row].sends.takeFirst()
        reject(row, send.clientSequence, .unavailable, "the store is away", retryAfter: 1_000)
        takeWaiting(row)
    }

    // MARK: Answers

    /// A first acceptance whose own copy is not on its way in the stream, because something else took its place.
    private func lacksCopy(_ user: Int, _ seq: Offset, _ device: DeviceID) -> Bool {
        seq <= users[user].decidedHead
            && !users[user].stream.contains { $0.seq == seq && $0.origin?.device == device }
    }

    private mutating func acceptAgain(_ row: Int, _ n: ClientSequence, _ id: MessageID, _ seq: Offset, _ time: Int64) {
        var accepted = Accepted()
        accepted.clientSequence = n
        accepted.id = id
        accepted.seq = seq
        accepted.time = time
        let ref = sessions[row].sends.takeRef(n)
        deliver([row], ServerEnvelope(ref: ref, .accepted(accepted)), settles: .send(n))
    }

    private mutating func reject(
        _ row: Int, _ n: ClientSequence, _ code: ErrorCode, _ reason: String, expected: ClientSequence = 0,
        retryAfter: Int64 = 0
    ) {
        var rejected = RejectedFrame()
        rejected.clientSequence = n
        rejected.code = code
        rejected.reason = reason
        rejected.expected = expected
        rejected.retryAfterMilliseconds = retryAfter
        let ref = sessions[row].sends.takeRef(n)
        deliver([row], ServerEnvelope(ref: ref, .rejected(rejected)), settles: .send(n))
    }
}

extension MessageBody {
    var contentBytes: Int {
        switch content?.value {
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case nil: 0
        }
    }

    var headerBytes: Int { headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } }
}
