// A session comes, for the first time or again, and goes.
extension HomeSessions {
    /// An edge says an attach again while it has no answer: the newest stands for all.
    private mutating func wait(_ attach: Attach) {
        if let place = early.firstIndex(where: { $0.session == attach.session }) {
            early[place] = attach
        } else {
            early.append(attach)
        }
    }

    mutating func attach(_ attach: Attach) {
        // No error of an edge may write into a log that is not the user's.
        guard settings.slotOf(attach.user) == slot else { return out.append(.notHome(attach.session)) }
        guard place.isReady else { return wait(attach) }
        resume(attach.session)
        if let row = find(attach.session, attach.user) {
            sessions[row].number = max(sessions[row].number, attach.number)
            return load(row, attach)
        }
        let twin = users.find(attach.user).flatMap { find(attach.device, of: $0) }
        if let twin, attach.number != 0, attach.number < sessions[twin].number {
            return refuse(attach, .replaced, "a newer session of this device")
        }
        let others = users.find(attach.user).map { Int(users[$0].sessions) } ?? 0
        // Final, because trying again on its own would not help: the user has to close something first.
        if twin == nil, attach.number == 0, others >= settings.limits.sessionsPerUser {
            counters.refused += 1
            return refuse(attach, .conflict, "too many sessions of this user")
        }
        let row = enter(attach)
        if let twin { replace(twin) }
        load(row, attach)
    }

    mutating func detach(_ session: SessionRef, _ user: Key) {
        early.removeAll { $0.session == session }
        if let row = find(session, user) { leave(row) }
        endSuspended(session)
    }

    /// Nil: that session is not here.
    func find(_ session: SessionRef, _ user: Key) -> Int? {
        guard let userRow = users.find(user) else { return nil }
        var row = Int(users[userRow].firstSession)
        while row >= 0 {
            if sessions[row].id == session.id {
                let edge = edges[sessions[row].edge]
                if edge.incarnation == session.edgeIncarnation, edge.node == session.edge { return row }
            }
            row = Int(sessions[row].next)
        }
        return nil
    }

    func find(_ device: DeviceID, of user: Int) -> Int? {
        var row = Int(users[user].firstSession)
        while row >= 0 {
            if sessions[row].device == device { return row }
            row = Int(sessions[row].next)
        }
        return nil
    }

    func reference(_ row: Int) -> SessionRef {
        let edge = edges[sessions[row].edge]
        return SessionRef(edge: edge.node, edgeIncarnation: edge.incarnation, id: sessions[row].id)
    }

    // MARK: Rows

    private mutating func enter(_ attach: Attach) -> Int {
        let user = users.find(attach.user) ?? users.insert(attach.user, bucket: freshBucket(attach.tier))
        let edge = edges.enter(attach.session.edge, attach.session.edgeIncarnation)
        var session = SessionRow(
            id: attach.session.id, number: attach.number == 0 ? nextNumber() : attach.number, edge: edge,
            user: Int32(user), device: attach.device, tier: attach.tier, since: attach.since)
        session.next = users[user].firstSession
        let row = sessions.insert(session)
        users[user].firstSession = Int32(row)
        users[user].sessions += 1
        return row
    }

    /// The epoch is in the high bits, so a number from a new owner is larger than all of its predecessors'.
    private mutating func nextNumber() -> UInt64 {
        sessionCounter += 1
        return place.epoch << 32 | sessionCounter
    }

    private func freshBucket(_ tier: Tier) -> TokenBucket {
        TokenBucket(burst: settings.rateLimit(of: tier).burst, now: now)
    }

    /// The session is over: its device is offline.
    mutating func leave(_ row: Int) {
        let user = users[Int(sessions[row].user)].key
        let (device, number) = (sessions[row].device, sessions[row].number)
        remove(row)
        out.append(.forget(DeviceKey(user: user, device: device)))
        tell(.offline(user: user, device: device, session: number, epoch: place.epoch, at: now.wall))
    }

    /// A newer session of the same device is here: no `forget` and no `offline`, those would hit the new one.
    private mutating func replace(_ row: Int) {
        counters.replaced += 1
        out.append(
            .close(
                edge: edges[sessions[row].edge], sessions: [sessions[row].id], .replaced,
                reason: "a newer session of this device"))
        remove(row)
    }

    private mutating func refuse(_ attach: Attach, _ code: ErrorCode, _ reason: String) {
        let edge = EdgeRef(node: attach.session.edge, incarnation: attach.session.edgeIncarnation)
        out.append(.close(edge: edge, sessions: [attach.session.id], code, reason: reason))
    }

    mutating func remove(_ row: Int) {
        flushCursor(row)
        endSync(row)
        let user = Int(sessions[row].user)
        unchain(row, of: user)
        edges.leave(sessions[row].edge)
        sessions.remove(row)
        users[user].sessions -= 1
        if users[user].sessions == 0 { users.remove(user) }
    }

    private mutating func unchain(_ row: Int, of user: Int) {
        if users[user].firstSession == row {
            users[user].firstSession = sessions[row].next
            return
        }
        var before = Int(users[user].firstSession)
        while sessions[before].next != row { before = Int(sessions[before].next) }
        sessions[before].next = sessions[row].next
    }

    // MARK: Loading

    private mutating func load(_ row: Int, _ attach: Attach) {
        endSync(row)
        sessions[row].phase = .loading
        askAttach(sessions.handle(row), attach)
    }

    mutating func askAttach(_ session: SessionHandle, _ attach: Attach) {
        guard let row = sessions.row(session), sessions[row].phase == .loading else { return }
        sessions[row].waitsFor = ask(
            .attach(user: attach.user, device: attach.device), for: .attach(session, attach))
    }

    mutating func retryAttach(_ session: SessionHandle, _ attach: Attach, _ token: UInt64) {
        guard let row = sessions.row(session), sessions[row].waitsFor == token else { return }
        retry(.attach(user: attach.user, device: attach.device), for: .attach(session, attach))
    }

    mutating func loaded(
        _ session: SessionHandle, _ attach: Attach, _ token: UInt64, _ stored: AttachRow, _ slot: some SlotView
    ) {
        // Another attach of this session may have come since: that one's answer counts.
        guard let row = sessions.row(session), sessions[row].waitsFor == token else { return }
        guard !isStale(stored.asOf) else { return askAttach(session, attach) }
        sessions[row].waitsFor = 0
        let user = Int(sessions[row].user)
        learn(user, stored, slot.pendingOperations(of: attach.user, above: stored.asOf))
        drain(user)
        let key = DeviceKey(user: attach.user, device: attach.device)
        out.append(.deviceLoaded(key, stored.device, asOfForwarded: stored.forwarded))
        // What the slot machine has is never older than what the store had.
        welcome(row, attach, slot.deviceState(key) ?? stored.device ?? DeviceState())
    }

    /// Puts the user's stream in step with the slot: the store's row, and what is decided behind it.
    private mutating func learn(_ user: Int, _ stored: AttachRow, _ pending: [MailboxOperation]) {
        guard !users[user].isKnown else { return }
        users[user].isKnown = true
        users[user].head = stored.head
        users[user].floor = stored.floor
        users[user].cursor = stored.greatestCursor
        users[user].receivedUpTo = stored.receiptedUpTo
        users[user].incomingFrom = stored.head
        users[user].startedEmpty = stored.head == 0
        for operation in pending { learn(user, operation) }
    }

    private mutating func learn(_ user: Int, _ operation: MailboxOperation) {
        switch operation {
        case .append(_, let entry): extend(user, entry)
        case .cursor(_, _, let seq, _): users[user].cursor = max(users[user].cursor, seq)
        case .receipted(_, let seq): users[user].receivedUpTo = max(users[user].receivedUpTo, seq)
        case .trimmed(_, let head, let floor):
            users[user].head = max(users[user].head, head)
            users[user].floor = max(users[user].floor, floor)
            users[user].incomingFrom = users[user].head
            users[user].startedEmpty = false
        case .read, .receipt: break
        }
    }
}
