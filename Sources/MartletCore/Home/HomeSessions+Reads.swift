/// Reads whose mark is being written.
struct PendingReads {
    struct Row {
        var asked: Asked
        var mark: ReadMark
        var since: Int64
        var saidAt: Int64
    }

    var rows: [Row] = []
    var isEmpty: Bool { rows.isEmpty }
}

// A user reads: a record in the log, then a receipt to the other side and the new state to all own sessions.
extension HomeSessions {
    static var repeatReadMilliseconds: Int64 { 2_000 }

    mutating func read(_ row: Int, _ asked: Asked, _ read: Read) {
        let user = Int(sessions[row].user)
        guard read.seq > 0, read.seq <= users[user].decidedHead else {
            return fail(asked, .invalid, "seq is not of this mailbox")
        }
        guard read.conversation.kind == .user else { return fail(asked, .notFound, "no such conversation") }
        let mark = ReadMark(user: users[user].key, conversation: read.conversation, seq: read.seq)
        reads.rows.append(.init(asked: asked, mark: mark, since: now.monotonic, saidAt: now.monotonic))
        later()
        if isRead(user, mark) { return announce(user, mark.conversation) }
        out.append(.write(mark))
    }

    /// It would change nothing.
    private func isRead(_ user: Int, _ mark: ReadMark) -> Bool {
        guard let place = users[user].conversations.find(mark.conversation) else { return false }
        let row = users[user].conversations[place]
        return row.isComplete && row.state.lastSeq > 0 && row.state.readUpTo >= mark.seq
    }

    mutating func followRead(_ mark: ReadMark, at offset: Offset) {
        let user = users.find(mark.user)
        let row = user.flatMap { user in users[user].conversations.find(mark.conversation).map { (user, $0) } }
        tellReader(mark, at: offset, row)
        guard let (user, place) = row, users[user].conversations[place].isComplete,
            mark.seq >= users[user].conversations[place].state.lastSeq
        else {
            // How many lie behind the mark only the store can count.
            if let (user, place) = row { users[user].conversations[place].isComplete = false }
            if user != nil { whenStored(offset, .state(user: mark.user, peer: mark.conversation)) }
            return
        }
        users[user].conversations[place].state.read(mark.seq, at: offset)
        announce(user, mark.conversation)
    }

    // MARK: To the other side

    private mutating func tellReader(_ mark: ReadMark, at offset: Offset, _ row: (user: Int, place: Int)?) {
        guard mark.conversation.kind == .user, mark.conversation.key != mark.user else { return }
        guard let row, case let known = users[row.user].conversations[row.place], known.lastIncoming > 0,
            mark.seq >= known.lastIncoming
        else { return whenStored(offset, .readSource(mark)) }
        wasRead(mark, known.lastIncomingSource)
    }

    private mutating func wasRead(_ mark: ReadMark, _ sourceSeq: Offset) {
        give(ReceiptNote(to: mark.conversation.key, from: mark.user, received: 0, read: sourceSeq))
    }

    func sourceQuery(_ mark: ReadMark, before: Offset) -> MailboxQuery {
        .history(
            user: mark.user, conversation: mark.conversation, before: before, maxEntries: 20,
            maxBytes: settings.limits.syncPageBytes)
    }

    /// The newest incoming entry at or below the mark names its place in the sender's mailbox.
    mutating func sourceRead(_ mark: ReadMark, _ entries: [Entry], more: Bool) {
        if let incoming = entries.first(where: { !$0.isOwnCopy && $0.sourceSeq > 0 }) {
            return wasRead(mark, incoming.sourceSeq)
        }
        guard more, let last = entries.last?.seq else { return }
        ask(sourceQuery(mark, before: last), for: .readSource(mark, before: last))
    }

    // MARK: Answers

    /// A mark whose append failed is not reported: it is written again, and given up after a while.
    mutating func repeatReads() {
        if reads.isEmpty { return }
        let lost = reads.rows.filter { $0.since < now.monotonic - Self.patienceMilliseconds }
        reads.rows.removeAll {
            $0.since < now.monotonic - Self.patienceMilliseconds || sessions.row($0.asked.session) == nil
        }
        for row in lost { unavailable(row.asked) }
        for place in reads.rows.indices where reads.rows[place].saidAt < now.monotonic - Self.repeatReadMilliseconds {
            reads.rows[place].saidAt = now.monotonic
            out.append(.write(reads.rows[place].mark))
        }
    }

    /// Answers those who asked for a mark that the state now covers. Gives back whom it answered.
    mutating func answerReads(_ user: Key, _ state: ConversationState) -> [SessionHandle] {
        if reads.isEmpty { return [] }
        let done = reads.rows.filter {
            $0.mark.user == user && $0.mark.conversation == state.peer && $0.mark.seq <= state.readUpTo
        }
        guard !done.isEmpty else { return [] }
        reads.rows.removeAll {
            $0.mark.user == user && $0.mark.conversation == state.peer && $0.mark.seq <= state.readUpTo
        }
        for row in done { answer(row.asked, .receipt(Receipt(conversation: state))) }
        return done.map(\.asked.session)
    }

    /// There is no such conversation: nothing was read.
    mutating func refuseReads(_ user: Key, _ peer: Peer) {
        let refused = reads.rows.filter { $0.mark.user == user && $0.mark.conversation == peer }
        reads.rows.removeAll { $0.mark.user == user && $0.mark.conversation == peer }
        for row in refused { fail(row.asked, .notFound, "no such conversation") }
    }
}

extension ConversationState {
    /// A mark at or behind the last entry.
    mutating func read(_ seq: Offset, at offset: Offset) {
        guard seq > readUpTo else { return }
        readUpTo = seq
        unread = 0
        changedAt = max(changedAt, offset)
    }
}
