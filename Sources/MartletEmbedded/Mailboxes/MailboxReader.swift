import MartletCore

/// Answers a query from one snapshot of the database, so that all of an answer is of one stored offset. On a thread of
/// the pool.
struct MailboxReader {
    let database: Database
    let slot: Slot
    let snapshot: Snapshot
    let row: SlotRow

    init(_ database: Database, _ slot: Slot) throws(DatabaseError) {
        self.database = database
        self.slot = slot
        snapshot = database.snapshot()
        row = try SlotRow.load(database, slot, in: snapshot)
    }

    var asOf: Offset { row.offset }

    func answer(_ query: MailboxQuery) throws(DatabaseError) -> MailboxAnswer {
        switch query {
        case .attach(let user, let device): .attach(try attach(user, device))
        case .page(let user, let after, let maxEntries, let maxBytes):
            .page(try page(user, after, maxEntries, maxBytes))
        case .history(let user, let peer, let before, let maxEntries, let maxBytes):
            try history(user, peer, before, maxEntries, maxBytes)
        case .conversations(let user, let before, let max): try conversations(user, before, max)
        case .changed(let user, let after, let max): try changed(user, after, max)
        case .conversation(let user, let peer):
            .conversation(asOf: asOf, try state(user, peer))
        case .entry(let user, let seq): .entry(asOf: asOf, try entry(user, seq))
        case .headBefore(let user, let peer, let before):
            .head(asOf: asOf, try headBefore(user, peer, before))
        case .devices(let devices): .devices(forwarded: row.forwarded, try self.devices(devices))
        case .checkpoint: .checkpoint(forwarded: row.forwarded, rows: try checkpoint())
        case .unreceipted: .users(try unreceipted())
        }
    }

    // MARK: Rows

    func mailbox(_ user: Key) throws(DatabaseError) -> MailboxRow? {
        guard let bytes = try database.get(.users, MailboxKeys.user(slot, user), in: snapshot) else { return nil }
        return try decoding("users") { () throws(ByteError) in try MailboxRow(bytes) }
    }

    func conversation(_ mailbox: MailboxRow, _ peer: Peer) throws(DatabaseError) -> ConversationRow? {
        let key = MailboxKeys.conversation(slot, mailbox.number, peer)
        guard let bytes = try database.get(.conversations, key, in: snapshot) else { return nil }
        return try decoding("conversations") { () throws(ByteError) in try ConversationRow(bytes, peer: peer) }
    }

    private func state(_ user: Key, _ peer: Peer) throws(DatabaseError) -> ConversationState? {
        guard let mailbox = try mailbox(user) else { return nil }
        return try conversation(mailbox, peer)?.state
    }

    private func entry(_ user: Key, _ seq: Offset) throws(DatabaseError) -> Entry? {
        guard let mailbox = try mailbox(user), seq > mailbox.floor else { return nil }
        return try entry(in: mailbox, seq)
    }

    func entry(in mailbox: MailboxRow, _ seq: Offset) throws(DatabaseError) -> Entry? {
        let key = MailboxKeys.entry(slot, mailbox.number, seq)
        guard let bytes = try database.get(.entries, key, in: snapshot) else { return nil }
        return try decoding("entries") { () throws(ByteError) in try EntryRow.entry(bytes) }
    }

    /// The last entry of a mailbox at or before `seq`: its seq and header.
    static func last(
        _ database: Database, _ slot: Slot, _ mailbox: RowNumber, atOrBefore seq: Offset = .max,
        in snapshot: Snapshot? = nil
    ) throws(DatabaseError) -> (seq: Offset, EntryHeader)? {
        let rows = database.iterator(.entries, in: snapshot)
        rows.seekBack(MailboxKeys.entry(slot, mailbox, seq))
        try rows.check()
        guard rows.isWithin(MailboxKeys.numbered(slot, mailbox)) else { return nil }
        let value = rows.value
        let header = try decoding("entries") { () throws(ByteError) in try EntryRow.header(value) }
        return (offset(inKey: rows.key), header)
    }

    func head(_ mailbox: MailboxRow, atOrBefore seq: Offset = .max) throws(DatabaseError) -> Offset {
        let last = try MailboxReader.last(database, slot, mailbox.number, atOrBefore: seq, in: snapshot)
        return max(last?.seq ?? 0, mailbox.removedHead)
    }

    // MARK: Attach

    private func attach(_ user: Key, _ device: DeviceID) throws(DatabaseError) -> AttachRow {
        var answer = AttachRow(asOf: row.offset, forwarded: row.forwarded)
        if let mailbox = try mailbox(user) {
            answer.head = try head(mailbox)
            answer.floor = mailbox.floor
            answer.receiptedUpTo = mailbox.receiptedUpTo
        }
        let own = MailboxKeys.cursor(slot, user, device)
        try database.scan(.users, prefix: MailboxKeys.cursors(slot, user), in: snapshot) {
            (key, value) throws(DatabaseError) in
            let cursor = try decoding("cursors") { () throws(ByteError) in try CursorRow(value) }
            answer.greatestCursor = max(answer.greatestCursor, cursor.seq)
            if key == own { answer.cursor = cursor.seq }
            return true
        }
        answer.device = try devices([DeviceKey(user: user, device: device)])[0]
        return answer
    }

    private func devices(_ keys: [DeviceKey]) throws(DatabaseError) -> [DeviceState?] {
        var states: [DeviceState?] = []
        for key in keys { states.append(try device(key)) }
        return states
    }

    private func device(_ key: DeviceKey) throws(DatabaseError) -> DeviceState? {
        guard let bytes = try database.get(.state, StateKeys.device(slot, key), in: snapshot),
            case .device(_, let state) = try MailboxReader.stateChange(bytes)
        else { return nil }
        return state
    }

    static func stateChange(_ bytes: [UInt8]) throws(DatabaseError) -> StateChange {
        try decoding("state") { () throws(ByteError) in
            var reader = ByteReader(bytes)
            return try StateChangeCodec.decode(&reader)
        }
    }
}
