// A decided entry on its way to the live sessions of its mailbox's owner.
extension HomeSessions {
    mutating func follow(_ key: Key, _ entry: Entry) {
        guard let user = users.find(key), users[user].isKnown else { return }
        extend(user, entry)
        drain(user)
    }

    /// Puts a decided entry at the stream's end, where its `prev` is known.
    mutating func extend(_ user: Int, _ entry: Entry) {
        let last = users[user].decidedHead
        guard entry.seq > last else { return }
        let place = users[user].stream.count
        if place == 0 { deferred.streams.append(Int32(user)) }
        users[user].stream.append(entry)
        users[user].stream[place].prev = last
    }

    /// Lets go out what can: an entry whose conversation's head is not known holds back those behind it.
    mutating func drain(_ user: Int) {
        guard !users[user].isResolving else { return }
        while Int(users[user].next) < users[user].stream.count {
            let place = Int(users[user].next)
            switch conversationHead(user, place) {
            case .known(let head): goOut(user, place, prevInConversation: head)
            case .unknown: goOut(user, place, prevInConversation: nil)
            case .asked: return
            }
        }
    }

    /// Everything up to `offset` can be read from the store: what has gone out is not needed for merging any more.
    mutating func pruneStreams(upTo offset: Offset) {
        guard !deferred.streams.isEmpty else { return }
        var kept: [Int32] = []
        for row in deferred.streams where !users[Int(row)].stream.isEmpty {
            let user = Int(row)
            let old = users[user].stream.prefix(Int(users[user].next)).prefix { $0.seq <= offset }.count
            users[user].next -= Int32(old)
            if old == users[user].stream.count {
                users[user].stream = []
            } else {
                users[user].stream.removeFirst(old)
                kept.append(row)
            }
        }
        deferred.streams = kept
    }

    // MARK: prevInConversation

    private enum ConversationHead {
        case known(Offset)
        case unknown
        /// The stream waits.
        case asked
    }

    private mutating func conversationHead(_ user: Int, _ place: Int) -> ConversationHead {
        let found = users[user].conversations.find(users[user].stream[place].conversation)
        if let found, let head = users[user].conversations[found].head { return .known(head) }
        if found == nil, users[user].startedEmpty { return .known(0) }
        if now.monotonic < deferred.headsUnknownUntil { return .unknown }
        users[user].isResolving = true
        askHead(users[user].key, users[user].stream[place])
        return .asked
    }

    private mutating func askHead(_ user: Key, _ entry: Entry) {
        let token = ask(
            .headBefore(user: user, conversation: entry.conversation, before: entry.seq),
            for: .head(user: user, seq: entry.seq))
        deferred.heads.append(.init(token: token, since: now.monotonic))
        later()
    }

    /// A store that does not answer in time delays nothing: what is asked is given up, and for a while nothing is asked.
    mutating func expireHeads() {
        let oldest = now.monotonic - Self.headPatienceMilliseconds
        let late = deferred.heads.prefix { $0.since <= oldest }
        deferred.heads.removeFirst(late.count)
        for head in late {
            guard case .head(let user, let seq) = queries.removeValue(forKey: head.token) else { continue }
            unresolved(user, seq)
        }
    }

    mutating func resolved(_ key: Key, _ seq: Offset, asOf: Offset, _ head: Offset) {
        guard let (user, place) = resolving(key, seq) else { return }
        let entry = users[user].stream[place]
        guard !isStale(asOf) else { return askHead(key, entry) }
        // What went out and is not stored yet is not in the answer.
        let recent = users[user].stream[..<place].last { $0.conversation == entry.conversation }
        users[user].isResolving = false
        goOut(user, place, prevInConversation: max(head, recent?.seq ?? 0))
        drain(user)
    }

    /// Live messages do not need the store: without it the entry goes out with that one field unknown.
    mutating func unresolved(_ key: Key, _ seq: Offset) {
        deferred.headsUnknownUntil = now.monotonic + Self.headsUnknownMilliseconds
        guard let (user, place) = resolving(key, seq) else { return }
        users[user].isResolving = false
        goOut(user, place, prevInConversation: nil)
        drain(user)
    }

    /// Nil: the user's row went meanwhile, and with it who waited.
    private func resolving(_ key: Key, _ seq: Offset) -> (user: Int, place: Int)? {
        guard let user = users.find(key), users[user].isResolving else { return nil }
        let place = Int(users[user].next)
        guard place < users[user].stream.count, users[user].stream[place].seq == seq else { return nil }
        return (user, place)
    }

    // MARK: Going out

    private mutating func goOut(_ user: Int, _ place: Int, prevInConversation: Offset?) {
        users[user].stream[place].prevInConversation = prevInConversation
        let entry = users[user].stream[place]
        users[user].next += 1
        users[user].head = entry.seq
        remember(user, entry, isFirst: users[user].startedEmpty && prevInConversation == 0)
        push(user, entry)
        announceOwed(user)
    }

    private mutating func remember(_ user: Int, _ entry: Entry, isFirst: Bool) {
        if let found = users[user].conversations.find(entry.conversation) {
            users[user].conversations.touch(found)
        } else {
            let row = ConversationRow(peer: entry.conversation, head: 0, isComplete: isFirst)
            if users[user].conversations.insert(row) { users[user].startedEmpty = false }
        }
        users[user].conversations[users[user].conversations.rows.count - 1].append(entry)
        guard !entry.isOwnCopy, entry.sourceSeq > 0 else { return }
        users[user].list(IncomingEntry(seq: entry.seq, sourceSeq: entry.sourceSeq, from: entry.from))
    }

    private mutating func push(_ user: Int, _ entry: Entry) {
        var targets: [Int] = []
        var row = Int(users[user].firstSession)
        while row >= 0 {
            if sessions[row].phase != .loading, entry.origin?.device == sessions[row].device {
                accept(row, entry)
            } else if sessions[row].phase == .live, entry.seq > sessions[row].pushedUpTo, admit(row, entry) {
                targets.append(row)
            }
            row = Int(sessions[row].next)
        }
        if !targets.isEmpty { deliver(targets, messages(entry), pushedUpTo: entry.seq) }
    }

    /// The answer takes the place of the device's own copy, in the stream if it is live.
    private mutating func accept(_ row: Int, _ entry: Entry) {
        guard let origin = entry.origin else { return }
        let isInStream = sessions[row].phase == .live && entry.seq > sessions[row].pushedUpTo
        if isInStream { sessions[row].pushedUpTo = entry.seq }
        var accepted = Accepted()
        accepted.clientSequence = origin.clientSequence
        accepted.id = entry.id
        accepted.seq = entry.seq
        accepted.prev = isInStream ? entry.prev : nil
        accepted.time = entry.time
        let ref = sessions[row].sends.takeRef(origin.clientSequence)
        deliver(
            [row], ServerEnvelope(ref: ref, .accepted(accepted)), settles: .send(origin.clientSequence),
            pushedUpTo: isInStream ? entry.seq : 0)
    }

    /// Takes credit for the entry; without, the session goes behind.
    mutating func admit(_ row: Int, _ entry: Entry) -> Bool {
        guard sessions[row].credit.admits(entry.cost, settings.limits) else {
            counters.wentBehind += 1
            sessions[row].phase = .behind
            sayBehind(row)
            return false
        }
        sessions[row].credit.push(entry.seq, cost: entry.cost)
        sessions[row].pushedUpTo = entry.seq
        return true
    }

    mutating func sayBehind(_ row: Int) {
        var behind = Behind()
        behind.head = users[Int(sessions[row].user)].decidedHead
        deliver([row], ServerEnvelope(.behind(behind)))
    }

    func messages(_ entry: Entry) -> ServerEnvelope {
        var messages = Messages()
        messages.entries = [readable(entry)]
        return ServerEnvelope(.messages(messages))
    }

    /// An expired entry stays, so that the chain is whole, and says nothing any more.
    func readable(_ entry: Entry) -> Entry {
        guard entry.content.expiresAt > 0, entry.content.expiresAt < now.wall else { return entry }
        var entry = entry
        entry.content.body = []
        return entry
    }

    /// One action per edge, and per whether its sessions are live.
    mutating func deliver(
        _ rows: [Int], _ envelope: ServerEnvelope, settles: Settles = .nothing, pushedUpTo: Offset = 0
    ) {
        var rest = rows
        while let first = rest.first {
            let (edge, isLive) = (sessions[first].edge, sessions[first].phase == .live)
            var ids: [UInt64] = []
            rest.removeAll {
                guard sessions[$0].edge == edge, (sessions[$0].phase == .live) == isLive else { return false }
                ids.append(sessions[$0].id)
                return true
            }
            out.append(
                .deliver(
                    edge: edges[edge], sessions: ids, envelope, settles: settles, pushedUpTo: pushedUpTo, live: isLive))
        }
    }
}

extension UserRow {
    /// As many incoming entries as are listed before a cursor moves; older ones are looked up in the store.
    static let maxIncoming = 256

    mutating func list(_ entry: IncomingEntry) {
        if incoming.count >= Self.maxIncoming {
            incomingFrom = incoming[Self.maxIncoming / 2 - 1].seq
            incoming.removeFirst(Self.maxIncoming / 2)
        }
        incoming.append(entry)
    }
}

extension ConversationRow {
    mutating func append(_ entry: Entry) {
        head = entry.seq
        state.append(entry)
        guard !entry.isOwnCopy, entry.sourceSeq > 0 else { return }
        lastIncoming = entry.seq
        lastIncomingSource = entry.sourceSeq
    }
}

extension ConversationState {
    /// What the store does with an entry; one that is counted already changes nothing.
    mutating func append(_ entry: Entry) {
        guard entry.seq > lastSeq else { return }
        lastSeq = entry.seq
        changedAt = max(changedAt, entry.seq)
        if !entry.isOwnCopy, entry.content.type == .message { unread += 1 }
    }
}
