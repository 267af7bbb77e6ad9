/// A search in the store for incoming entries that a cursor covers and memory does not list.
struct ReceiptScan {
    var user: Key
    var from: Offset
    var to: Offset
}

// Receipts that this slot's users give: cursors, and what they mean to the senders.
extension HomeSessions {
    static var maxScans: Int { 4 }

    mutating func ack(_ row: Int, _ asked: Asked, _ ack: Ack) {
        guard ack.seq >= 0, ack.seq <= sessions[row].pushedUpTo else {
            return fail(asked, .invalid, "acknowledges more than was sent")
        }
        acknowledge(row, ack.seq)
    }

    /// The cursor goes on, by maximum.
    mutating func acknowledge(_ row: Int, _ seq: Offset) {
        sessions[row].credit.acknowledge(seq)
        if seq > sessions[row].cursor { sessions[row].cursor = seq }
        let user = Int(sessions[row].user)
        guard seq > 0 else { return }
        if !sessions[row].isCursorDirty {
            sessions[row].isCursorDirty = true
            deferred.cursors.append(sessions.handle(row))
            later()
        }
        users[user].cursor = max(users[user].cursor, seq)
        advanceReceived(user)
    }

    mutating func flushCursors() {
        guard !deferred.cursors.isEmpty else { return }
        var operations: [MailboxOperation] = []
        operations.reserveCapacity(deferred.cursors.count)
        for session in deferred.cursors {
            if let row = sessions.row(session), let operation = takeCursor(row) { operations.append(operation) }
        }
        deferred.cursors.removeAll(keepingCapacity: true)
        if !operations.isEmpty { out.append(.operations(operations)) }
    }

    mutating func flushCursor(_ row: Int) {
        if let operation = takeCursor(row) { out.append(.operations([operation])) }
    }

    private mutating func takeCursor(_ row: Int) -> MailboxOperation? {
        guard sessions[row].isCursorDirty else { return nil }
        sessions[row].isCursorDirty = false
        let session = sessions[row]
        return .cursor(user: users[Int(session.user)].key, device: session.device, seq: session.cursor, seen: now.wall)
    }

    // MARK: Received

    /// Makes receipts for what the user's greatest cursor now covers: from memory, or from the store where the cursor
    /// was ahead of what memory lists.
    private mutating func advanceReceived(_ user: Int) {
        let cursor = users[user].cursor
        guard cursor > users[user].receivedUpTo, !users[user].isScanning else { return }
        let key = users[user].key
        guard users[user].receivedUpTo >= users[user].incomingFrom else {
            users[user].isScanning = true
            let to = min(cursor, users[user].incomingFrom)
            return start(ReceiptScan(user: key, from: users[user].receivedUpTo, to: to))
        }
        let covered = users[user].incoming.prefix { $0.seq <= cursor }
        for entry in covered { received(key, entry.from, entry.sourceSeq) }
        users[user].incoming.removeFirst(covered.count)
        users[user].receivedUpTo = cursor
        receipts.covered(key, upTo: cursor)
        later()
    }

    private mutating func received(_ user: Key, _ from: Key, _ sourceSeq: Offset) {
        guard !from.isReserved, sourceSeq > 0 else { return }
        give(ReceiptNote(to: from, from: user, received: sourceSeq, read: 0))
    }

    /// Says it to the sender's home, soon.
    mutating func give(_ note: ReceiptNote) {
        receipts.add(note, dueAt: now.monotonic + settings.receiptMilliseconds)
        later()
    }

    mutating func flushReceipts() {
        let settled = receipts.takeSettled().map { MailboxOperation.receipted(user: $0.user, seq: $0.seq) }
        if !settled.isEmpty { out.append(.operations(settled)) }
        let due = receipts.takeDue(now).map { (slot: settings.slotOf($0.to), note: $0) }
        if due.isEmpty { return }
        for slot in Set(due.map(\.slot)).sorted() {
            out.append(.receipts(to: slot, due.filter { $0.slot == slot }.map(\.note)))
        }
    }

    mutating func confirm(_ notes: [ReceiptNote]) {
        for note in notes { receipts.confirm(note) }
        later()
    }

    // MARK: From the store

    private mutating func start(_ scan: ReceiptScan) {
        guard deferred.scansRunning < Self.maxScans else { return deferred.scans.append(scan) }
        deferred.scansRunning += 1
        ask(pageQuery(scan), for: .scan(scan))
    }

    func pageQuery(_ scan: ReceiptScan) -> MailboxQuery {
        .page(
            user: scan.user, after: scan.from, maxEntries: settings.limits.syncPageEntries,
            maxBytes: settings.limits.syncPageBytes)
    }

    mutating func scanned(_ scan: ReceiptScan, _ page: MailboxPage) {
        guard page.asOf >= scan.to else { return retry(pageQuery(scan), for: .scan(scan)) }
        for entry in page.entries where entry.seq <= scan.to && !entry.isOwnCopy {
            received(scan.user, entry.from, entry.sourceSeq)
        }
        if page.more, let last = page.entries.last?.seq, last < scan.to {
            let rest = ReceiptScan(user: scan.user, from: last, to: scan.to)
            return _ = ask(pageQuery(rest), for: .scan(rest))
        }
        receipts.covered(scan.user, upTo: scan.to)
        later()
        finished(scan)
    }

    private mutating func finished(_ scan: ReceiptScan) {
        deferred.scansRunning -= 1
        if let user = users.find(scan.user), users[user].isScanning {
            users[user].isScanning = false
            users[user].receivedUpTo = max(users[user].receivedUpTo, scan.to)
            advanceReceived(user)
        }
        if !deferred.scans.isEmpty {
            start(deferred.scans.removeFirst())
        } else if let user = deferred.unreceipted.popLast() {
            askReceiptRow(user)
        }
    }

    // MARK: What a predecessor owed

    mutating func unreceipted(_ users: [Key]) {
        deferred.unreceipted = users.reversed()
        for _ in 0..<Self.maxScans {
            if let user = deferred.unreceipted.popLast() { askReceiptRow(user) }
        }
    }

    private mutating func askReceiptRow(_ user: Key) { ask(receiptRowQuery(user), for: .unreceiptedUser(user)) }

    /// The user's row is the same for any device; this one does not exist.
    func receiptRowQuery(_ user: Key) -> MailboxQuery {
        .attach(user: user, device: DeviceID(trusted: Array("martlet:receipts".utf8)))
    }

    mutating func unreceipted(_ user: Key, _ row: AttachRow) {
        let to = min(row.greatestCursor, row.head)
        guard row.receiptedUpTo < to else {
            receipts.covered(user, upTo: row.greatestCursor)
            if let next = deferred.unreceipted.popLast() { askReceiptRow(next) }
            return
        }
        start(ReceiptScan(user: user, from: row.receiptedUpTo, to: to))
    }
}
