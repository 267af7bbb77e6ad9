// Frames of attached sessions. Each gets its answer or an error with its ref; only `ack` is answered by neither, and
// is not held at the edge.
extension HomeSessions {
    mutating func request(_ session: SessionRef, _ user: Key, _ number: UInt64, _ envelope: ClientEnvelope) {
        guard let row = find(session, user), sessions[row].phase != .loading else {
            return out.append(.notHome(session))
        }
        let asked = Asked(session: sessions.handle(row), request: number, ref: envelope.ref)
        switch envelope.frame {
        case .send(let send): self.send(row, asked, send)
        case .ack(let ack): self.ack(row, asked, ack)
        case .read(let read): self.read(row, asked, read)
        case .sync(let sync): self.sync(row, asked, sync)
        case .history(let request): history(asked, request)
        case .conversations(let request): conversations(asked, request)
        case .presence(let request): presence(asked, request)
        case .hello, .renew, .ping, .signal: fail(asked, .invalid, "not for the home")
        }
    }

    // MARK: Answers

    mutating func answer(_ asked: Asked, _ frame: ServerFrame) {
        guard let row = sessions.row(asked.session), sessions[row].phase != .loading else { return }
        deliver([row], ServerEnvelope(ref: asked.ref, frame), settles: .request(asked.request))
    }

    mutating func fail(_ asked: Asked, _ code: ErrorCode, _ reason: String, retryAfter: Int64 = 0) {
        answer(asked, .error(errorFrame(code, reason, retryAfter: retryAfter)))
    }

    func errorFrame(_ code: ErrorCode, _ reason: String, retryAfter: Int64 = 0) -> ErrorFrame {
        var error = ErrorFrame()
        error.code = code
        error.reason = reason
        error.retryAfterMilliseconds = retryAfter
        return error
    }

    mutating func unavailable(_ asked: Asked) {
        fail(asked, .unavailable, "the store is away", retryAfter: 1_000)
    }

    // MARK: History

    private mutating func history(_ asked: Asked, _ request: HistoryRequest) {
        guard request.before >= 0 else { return fail(asked, .invalid, "before is negative") }
        guard let user = key(asked) else { return }
        let most = pageSize(request.limit, most: settings.limits.syncPageEntries)
        ask(
            .history(
                user: user, conversation: request.conversation, before: request.before, maxEntries: most,
                maxBytes: settings.limits.syncPageBytes), for: .history(asked, request))
    }

    mutating func historyRead(
        _ asked: Asked, _ request: HistoryRequest, asOf: Offset, _ stored: [Entry], more: Bool
    ) {
        guard let row = sessions.row(asked.session) else { return }
        guard !isStale(asOf) else { return history(asked, request) }
        let recent = outgone(Int(sessions[row].user), request, above: asOf)
        let all = recent + stored
        var history = History(conversation: request.conversation)
        history.entries = page(all, most: pageSize(request.limit, most: settings.limits.syncPageEntries))
        history.more = more || history.entries.count < all.count
        answer(asked, .history(history))
    }

    /// Newest first: what went out and is not in an answer as of `asOf`.
    private func outgone(_ user: Int, _ request: HistoryRequest, above asOf: Offset) -> [Entry] {
        users[user].stream[..<Int(users[user].next)].reversed().filter {
            $0.seq > asOf && $0.conversation == request.conversation && (request.before == 0 || $0.seq < request.before)
        }
    }

    private func page(_ entries: [Entry], most: Int) -> [Entry] {
        var page: [Entry] = []
        var bytes = 0
        for entry in entries.prefix(most) {
            bytes += entry.cost
            if bytes > settings.limits.syncPageBytes, !page.isEmpty { break }
            page.append(readable(entry))
        }
        return page
    }

    // MARK: Conversations

    /// They are read when the store has what is decided now: a conversation that is not in memory cannot be merged.
    private mutating func conversations(_ asked: Asked, _ request: ConversationsRequest) {
        guard request.before >= 0 else { return fail(asked, .invalid, "before is negative") }
        whenStored(place.decided, .conversations(asked, request))
    }

    mutating func askConversations(_ asked: Asked, _ request: ConversationsRequest) {
        guard let user = key(asked) else { return }
        let most = pageSize(request.limit, most: settings.limits.conversationsPage)
        ask(
            .conversations(user: user, before: request.before, max: most), for: .conversations(asked, request))
    }

    mutating func conversationsRead(
        _ asked: Asked, _ request: ConversationsRequest, asOf: Offset, _ states: [ConversationState], more: Bool
    ) {
        guard !isStale(asOf) else { return askConversations(asked, request) }
        var conversations = Conversations()
        conversations.conversations = states
        conversations.more = more
        answer(asked, .conversations(conversations))
    }

    // MARK: Presence

    private mutating func presence(_ asked: Asked, _ request: PresenceRequest) {
        guard request.subscribe.isEmpty, request.unsubscribe.isEmpty else {
            return fail(asked, .invalid, "presence can be queried, not subscribed to")
        }
        guard request.query.count <= settings.limits.maxPresenceQuery else {
            return fail(asked, .tooLarge, "too many users in one query")
        }
        guard !request.query.isEmpty else { return answer(asked, .presence(PresenceFrame())) }
        lastToken += 1
        queries[lastToken] = .presence(asked)
        out.append(.presenceQuery(token: lastToken, request.query))
    }

    mutating func answerPresence(_ asked: Asked, _ result: Result<[UserPresence], PortError>) {
        guard case .success(let users) = result else { return unavailable(asked) }
        var frame = PresenceFrame()
        frame.users = users
        answer(asked, .presence(frame))
    }
}
