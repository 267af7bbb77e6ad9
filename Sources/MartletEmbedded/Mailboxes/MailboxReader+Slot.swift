import MartletCore

/// What is asked of a whole slot.
extension MailboxReader {
    /// Decision state but for what `StoredSlot` leaves out.
    func storedSlot() throws(DatabaseError) -> StoredSlot {
        var stored = StoredSlot(
            epoch: row.epoch, offset: row.offset, forwarded: row.forwarded, fence: row.fence, rules: row.rules)
        for tag in [StateKeys.incomingTag, StateKeys.outgoingTag] {
            try database.scan(.state, prefix: StateKeys.tagged(slot, tag), in: snapshot) {
                (_, value) throws(DatabaseError) in
                switch try MailboxReader.stateChange(value) {
                case .incoming(let other, let count) where count > 0: stored.incoming.append((other, count))
                case .outgoing(let other, let count) where count > 0: stored.outgoing.append((other, count))
                default: break
                }
                return true
            }
        }
        return stored
    }

    /// The decision state in the order of its keys, then the mailboxes' heads as of `forwarded`, by user.
    func checkpoint() throws(DatabaseError) -> [CheckpointRow] {
        var rows: [CheckpointRow] = [.state(.fence(row.fence, rules: row.rules))]
        try database.scan(
            .state, prefix: RowKey(slot).bytes, from: StateKeys.tagged(slot, StateKeys.firstDecision), in: snapshot
        ) { (_, value) throws(DatabaseError) in
            rows.append(.state(try MailboxReader.stateChange(value)))
            return true
        }
        try forEachMailbox { (user, mailbox) throws(DatabaseError) in
            let head = try head(mailbox, atOrBefore: max(row.forwarded, 0))
            if head > 0 || mailbox.floor > 0 { rows.append(.mailbox(user: user, head: head, floor: mailbox.floor)) }
        }
        return rows
    }

    private func forEachMailbox(
        _ body: (Key, MailboxRow) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        try database.scan(.users, prefix: MailboxKeys.users(slot), in: snapshot) {
            (key, value) throws(DatabaseError) in
            let row = try decoding("users") { () throws(ByteError) in try MailboxRow(value) }
            try body(MailboxKeys.user(inKey: key), row)
            return true
        }
    }

    /// Ascending by the length of the name and then by name, as the cursors' keys are.
    func unreceipted() throws(DatabaseError) -> [Key] {
        var users: [Key] = []
        var current: (user: Key, greatest: Offset)?
        try database.scan(.users, prefix: MailboxKeys.cursors(slot), in: snapshot) {
            (key, value) throws(DatabaseError) in
            let cursor = try decoding("cursors") { () throws(ByteError) in try CursorRow(value) }
            guard let user = MailboxKeys.cursorUser(inKey: key) else { return true }
            if current?.user != user {
                if try isUnreceipted(current), let current { users.append(current.user) }
                current = (user, 0)
            }
            let greatest = max(current?.greatest ?? 0, cursor.seq)
            current = (user, greatest)
            return true
        }
        if try isUnreceipted(current), let current { users.append(current.user) }
        return users
    }

    private func isUnreceipted(_ candidate: (user: Key, greatest: Offset)?) throws(DatabaseError) -> Bool {
        guard let candidate else { return false }
        return candidate.greatest > (try mailbox(candidate.user)?.receiptedUpTo ?? 0)
    }
}
