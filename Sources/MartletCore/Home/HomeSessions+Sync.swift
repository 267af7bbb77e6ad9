/// A page that a session pulls: entries from the store and behind them from the stream, and what changed.
struct SyncTask {
    var asked: Asked
    var after: Offset
    var maxEntries: Int
    var maxChanged = 1_000
    var page: MailboxPage?
    var changed: ChangedStates?
}

struct ChangedStates {
    var asOf: Offset
    var states: [ConversationState]
    var more: Bool
}

extension HomeSessions {
    /// The session leaves the stream until its last page, so that what it gets is strictly in order.
    mutating func sync(_ row: Int, _ asked: Asked, _ request: Sync) {
        guard request.after >= 0, request.after <= place.decided else {
            return fail(asked, .invalid, "after is beyond the end")
        }
        if let old = deferred.syncs[sessions[row].waitsFor] { fail(old.asked, .conflict, "a newer sync") }
        endSync(row)
        sessions[row].phase = .behind
        lastToken += 1
        sessions[row].waitsFor = lastToken
        deferred.syncs[lastToken] = SyncTask(
            asked: asked, after: request.after,
            maxEntries: pageSize(request.limit, most: settings.limits.syncPageEntries))
        askSync(lastToken)
    }

    func pageSize(_ limit: Int, most: Int) -> Int { limit > 0 ? min(limit, most) : most }

    mutating func endSync(_ row: Int) {
        deferred.syncs[sessions[row].waitsFor] = nil
        sessions[row].waitsFor = 0
    }

    /// `later`: with the next tick, since what is missing is on its way.
    private mutating func askSync(_ sync: UInt64, later isLater: Bool = false) {
        guard let task = deferred.syncs[sync], let user = key(task.asked) else { return }
        deferred.syncs[sync]?.page = nil
        deferred.syncs[sync]?.changed = nil
        let page = MailboxQuery.page(
            user: user, after: task.after, maxEntries: task.maxEntries, maxBytes: settings.limits.syncPageBytes)
        let changed = MailboxQuery.changed(user: user, after: task.after, max: task.maxChanged)
        if isLater {
            retry(page, for: .syncPage(sync: sync), after: 0)
            retry(changed, for: .syncChanged(sync: sync), after: 0)
        } else {
            ask(page, for: .syncPage(sync: sync))
            ask(changed, for: .syncChanged(sync: sync))
        }
    }

    /// Whose session it is; nil: the session is gone.
    func key(_ asked: Asked) -> Key? { sessions.row(asked.session).map { users[Int(sessions[$0].user)].key } }

    mutating func failSync(_ sync: UInt64) {
        guard let task = deferred.syncs.removeValue(forKey: sync) else { return }
        if let row = sessions.row(task.asked.session) { sessions[row].waitsFor = 0 }
        unavailable(task.asked)
    }

    /// One half of the answer came; with both the page is made.
    mutating func syncRead(_ sync: UInt64, _ slot: some SlotView, _ put: (inout SyncTask) -> Void) {
        guard deferred.syncs[sync] != nil else { return }
        put(&deferred.syncs[sync]!)
        guard let task = deferred.syncs[sync], let page = task.page, let changed = task.changed else { return }
        if changed.more { deferred.syncs[sync]?.maxChanged = task.maxChanged * 8 }
        if changed.more || isStale(min(page.asOf, changed.asOf)) { return askSync(sync) }
        if !page.more, isStreamHeld(task.asked) { return askSync(sync, later: true) }
        deferred.syncs[sync] = nil
        guard let row = sessions.row(task.asked.session), sessions[row].waitsFor == sync else { return }
        sessions[row].waitsFor = 0
        answerSync(row, task, page, changed, slot)
    }

    /// Entries wait for the heads of their conversations: the last page is the last only with them.
    private func isStreamHeld(_ asked: Asked) -> Bool {
        guard let row = sessions.row(asked.session) else { return false }
        return !users[Int(sessions[row].user)].isWholeStreamOut
    }

    private mutating func answerSync(
        _ row: Int, _ task: SyncTask, _ page: MailboxPage, _ changed: ChangedStates, _ slot: some SlotView
    ) {
        let user = Int(sessions[row].user)
        var synced = Synced()
        synced.entries = page.entries
        synced.live = !page.more && appendStream(user, task, page, to: &synced.entries)
        let end = synced.entries.last?.seq ?? task.after
        synced.upTo = synced.live ? max(end, users[user].head, task.after) : end
        synced.floor = max(page.floor, users[user].floor)
        synced.conversations = changed.states.filter { synced.live || $0.changedAt <= end }
        if synced.live { bringUpToDate(&synced.conversations, users[user], asOf: changed.asOf) }
        synced.entries = synced.entries.map { readable($0) }
        if synced.floor > task.after { counters.syncsWithLoss += 1 }
        give(row, synced, task.asked)
        if synced.live { announcePending(user, slot.pendingOperations(of: users[user].key, above: changed.asOf)) }
    }

    /// True: all that went out is in `entries`.
    private func appendStream(_ user: Int, _ task: SyncTask, _ page: MailboxPage, to entries: inout [Entry]) -> Bool {
        var bytes = entries.reduce(0) { $0 + $1.cost }
        let last = max(task.after, page.asOf, entries.last?.seq ?? 0)
        for entry in users[user].stream[..<Int(users[user].next)] where entry.seq > last {
            let isFull = entries.count >= task.maxEntries || bytes + entry.cost > settings.limits.syncPageBytes
            if isFull, !entries.isEmpty { return false }
            entries.append(entry)
            bytes += entry.cost
        }
        return true
    }

    private func bringUpToDate(_ states: inout [ConversationState], _ user: UserRow, asOf: Offset) {
        for entry in user.stream[..<Int(user.next)] where entry.seq > asOf {
            if let place = states.firstIndex(where: { $0.peer == entry.conversation }) { states[place].append(entry) }
        }
    }

    private mutating func give(_ row: Int, _ synced: Synced, _ asked: Asked) {
        sessions[row].pushedUpTo = max(sessions[row].pushedUpTo, synced.upTo)
        if synced.live {
            sessions[row].phase = .live
            sessions[row].credit.reset()
        }
        deliver(
            [row], ServerEnvelope(ref: asked.ref, .synced(synced)), settles: .request(asked.request),
            pushedUpTo: synced.upTo)
    }

    /// Receipts and reads that the store did not have yet were told to those who were live then; this session was not.
    private mutating func announcePending(_ user: Int, _ pending: [MailboxOperation]) {
        var peers: [Peer] = []
        for operation in pending {
            switch operation {
            case .read(_, let peer, _, _), .receipt(_, let peer, _, _, _):
                if !peers.contains(peer) { peers.append(peer) }
            default: break
            }
        }
        for peer in peers { announce(user, peer) }
    }
}
