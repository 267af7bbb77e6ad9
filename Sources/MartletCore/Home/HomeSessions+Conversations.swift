/// Receipts of another slot that are given to the store and not yet confirmed to their sender.
struct TakenReceipts {
    var source: Slot
    /// The `at` of their operations.
    var at: Offset
    var notes: [ReceiptNote]
    var since: Int64
}

// Changes of a conversation on their way to the live sessions, and receipts that come in.
extension HomeSessions {
    mutating func take(_ notes: [ReceiptNote], from source: Slot) {
        // While it starts it cannot store; their sender says them again.
        guard place.isReady, !notes.isEmpty else { return }
        let at = place.decided + 1
        let operations = notes.map {
            MailboxOperation.receipt(
                user: $0.to, conversation: Peer(.user, $0.from), received: $0.received, read: $0.read, at: at)
        }
        out.append(.operations(operations))
        deferred.taken.append(TakenReceipts(source: source, at: at, notes: notes, since: now.monotonic))
        later()
        for note in notes { apply(note, at: at) }
    }

    /// Confirms what the store has. A step that was under way when the receipts came ends below their `at`, or at
    /// `at - 1` without them: then the slot machine knows whether they wait still.
    mutating func confirmTaken(upTo offset: Offset, _ slot: some SlotView) {
        guard !deferred.taken.isEmpty else { return }
        let waiting = deferred.taken
        deferred.taken = []
        for taken in waiting {
            if isStored(taken, upTo: offset, slot) {
                out.append(.receiptsStored(to: taken.source, taken.notes))
            } else {
                deferred.taken.append(taken)
            }
        }
    }

    private func isStored(_ taken: TakenReceipts, upTo offset: Offset, _ slot: some SlotView) -> Bool {
        if offset >= taken.at { return true }
        guard offset == taken.at - 1 else { return false }
        return taken.notes.allSatisfy { note in
            !slot.pendingOperations(of: note.to, above: -1).contains {
                guard case .receipt(_, let peer, _, _, let at) = $0 else { return false }
                return at == taken.at && peer == Peer(.user, note.from)
            }
        }
    }

    private mutating func apply(_ note: ReceiptNote, at offset: Offset) {
        guard let user = users.find(note.to), users[user].isKnown else { return }
        let peer = Peer(.user, note.from)
        if let place = users[user].conversations.find(peer) {
            let isNews = users[user].conversations[place].state.receipt(note.received, note.read, at: offset)
            if users[user].conversations[place].isComplete, !isNews { return }
            if settings.announceMilliseconds > 0 { return announceSoon(user, place) }
        }
        announce(user, peer)
    }

    // MARK: Announcing

    /// With the next frame to the user, or after a while.
    private mutating func announceSoon(_ user: Int, _ place: Int) {
        users[user].conversations[place].isOwed = true
        guard !users[user].isOwed else { return }
        users[user].isOwed = true
        let due = now.monotonic + settings.announceMilliseconds
        deferred.owed.append(.init(user: Int32(user), due: due))
        later()
    }

    /// Something goes to the user: what is owed goes along.
    mutating func announceOwed(_ user: Int) {
        guard users[user].isOwed else { return }
        users[user].isOwed = false
        for peer in users[user].conversations.takeOwed() { announce(user, peer) }
    }

    mutating func flushOwed() {
        let due = deferred.owed.prefix { $0.due <= now.monotonic }
        deferred.owed.removeFirst(due.count)
        for owed in due { announceOwed(Int(owed.user)) }
    }

    /// Pushes the state of a conversation to the user's live sessions, now or when it is read.
    mutating func announce(_ user: Int, _ peer: Peer) {
        let key = users[user].key
        guard let place = users[user].conversations.find(peer), users[user].conversations[place].isComplete else {
            return askState(key, peer)
        }
        let state = users[user].conversations[place].state
        guard state.lastSeq > 0 else { return refuseReads(key, peer) }
        let answered = answerReads(key, state)
        let rows = attachedRows(of: user).filter {
            sessions[$0].phase == .live && !answered.contains(sessions.handle($0))
        }
        if !rows.isEmpty { deliver(rows, ServerEnvelope(.receipt(Receipt(conversation: state)))) }
    }

    mutating func askState(_ key: Key, _ peer: Peer) {
        guard let user = users.find(key), users[user].isKnown else { return }
        let place = users[user].conversations.find(peer) ?? putAside(user, peer)
        guard !users[user].conversations[place].isLoading else { return }
        users[user].conversations[place].isLoading = true
        ask(.conversation(user: key, peer: peer), for: .state(user: key, peer: peer))
    }

    private mutating func putAside(_ user: Int, _ peer: Peer) -> Int {
        let row = ConversationRow(peer: peer, head: users[user].startedEmpty ? 0 : nil, isComplete: false)
        if users[user].conversations.insert(row) { users[user].startedEmpty = false }
        return users[user].conversations.rows.count - 1
    }

    mutating func stateRead(
        _ key: Key, _ peer: Peer, asOf: Offset, _ stored: ConversationState?, _ slot: some SlotView
    ) {
        guard let user = users.find(key), let row = users[user].conversations.find(peer) else { return }
        users[user].conversations[row].isLoading = false
        if isStale(asOf) { return askState(key, peer) }
        var state = stored ?? ConversationState(peer: peer)
        for operation in slot.pendingOperations(of: key, above: asOf) where !state.apply(operation) {
            return whenStored(place.decided, .state(user: key, peer: peer))
        }
        users[user].conversations[row].complete(with: state, isWholeStreamOut: users[user].isWholeStreamOut)
        announce(user, peer)
    }
}

extension ConversationRow {
    /// Takes what the store has, with what is decided behind it. While entries wait to go out, one of them may be of
    /// this conversation, and then its last seq is not the head of what went out.
    mutating func complete(with known: ConversationState, isWholeStreamOut: Bool) {
        let heard = state
        state = known
        _ = state.receipt(heard.peerReceived, heard.peerRead, at: heard.changedAt)
        isComplete = true
        if isWholeStreamOut, head == nil { head = known.lastSeq }
    }
}

extension ConversationState {
    /// By maximum; true: it is news.
    mutating func receipt(_ received: Offset, _ read: Offset, at offset: Offset) -> Bool {
        // What was read was received.
        let received = max(received, read)
        guard received > peerReceived || read > peerRead else { return false }
        peerReceived = max(peerReceived, received)
        peerRead = max(peerRead, read)
        changedAt = max(changedAt, offset)
        return true
    }

    /// What the store will do with a pending operation; false: only the store can say.
    mutating func apply(_ operation: MailboxOperation) -> Bool {
        switch operation {
        case .append(_, let entry) where entry.conversation == peer: append(entry)
        case .receipt(_, peer, let received, let read, let at): _ = receipt(received, read, at: at)
        case .read(_, peer, let seq, let at):
            if seq < lastSeq, seq > readUpTo { return false }
            self.read(seq, at: at)
        default: break
        }
        return true
    }
}
