import MartletCore

/// What retention takes out of mailboxes. A range delete per append would make page reads slow, so at least 64 entries
/// go at a time, and a few that are left over go one by one.
extension MailboxWriter {
    private static let leastAtATime: UInt64 = 64

    /// Entries from the mailbox's beginning that are to be removed.
    private struct Removal {
        var seqs: [Offset] = []
        var signposts: [[UInt8]] = []
        var last: (seq: Offset, header: EntryHeader)?
    }

    /// By count and bytes. Amortised: about one key read and one deleted per entry.
    func trimIfNeeded(_ mailbox: Mailbox) throws(DatabaseError) {
        let (maxEntries, maxBytes) = (UInt64(limits.mailboxEntries), UInt64(limits.mailboxBytes))
        let hasTooMany = mailbox.liveEntries >= maxEntries + MailboxWriter.leastAtATime
        let isTooLarge = mailbox.liveBytes > maxBytes && mailbox.liveEntries > MailboxWriter.leastAtATime
        guard hasTooMany || isTooLarge, !slots[mailbox.slot.index].isEmptied else { return }
        let newest = mailbox.position
        let enough = mailbox.row.removedPosition + MailboxWriter.leastAtATime
        let removal = try gather(mailbox) { header, _ in
            guard header.position < newest else { return false }
            let leavesTooMuch =
                newest - header.position >= maxEntries || mailbox.totalBytes - header.totalBytes >= maxBytes
            return header.position <= enough || leavesTooMuch
        }
        remove(removal, from: mailbox)
    }

    /// By age: entries made before `cutoff` (milliseconds since 1970), at most `max` at a time.
    func trimByAge(_ mailbox: Mailbox, before cutoff: Int64, max: Int = 4096) throws(DatabaseError) {
        var count = 0
        let removal = try gather(mailbox) { (_, value) throws(DatabaseError) in
            let entry = try decoding("entries") { () throws(ByteError) in try EntryRow.entry(value) }
            count += 1
            return entry.time < cutoff && count <= max
        }
        remove(removal, from: mailbox)
    }

    /// Everything up to `floor`, which may be beyond the last entry.
    func remove(from mailbox: Mailbox, upTo floor: Offset, _ state: SlotState) throws(DatabaseError) {
        if !state.isEmptied, mailbox.row.floor < mailbox.head {
            var removal = Removal()
            try forEachEntry(mailbox) { seq, header, _ in
                guard seq <= floor else { return false }
                add(seq, header, of: mailbox, to: &removal)
                return true
            }
            remove(removal, from: mailbox)
        }
        mailbox.row.floor = max(mailbox.row.floor, floor)
    }

    private func gather(
        _ mailbox: Mailbox, while isRemoved: (EntryHeader, [UInt8]) throws(DatabaseError) -> Bool
    ) throws(DatabaseError) -> Removal {
        var removal = Removal()
        try forEachEntry(mailbox) { (seq, header, value) throws(DatabaseError) in
            guard try isRemoved(header, value) else { return false }
            add(seq, header, of: mailbox, to: &removal)
            return true
        }
        return removal
    }

    private func add(_ seq: Offset, _ header: EntryHeader, of mailbox: Mailbox, to removal: inout Removal) {
        removal.seqs.append(seq)
        if header.isSignpost {
            removal.signposts.append(MailboxKeys.signpost(mailbox.slot, header.conversation, seq))
        }
        removal.last = (seq, header)
    }

    /// Entries that are in the database, oldest first.
    private func forEachEntry(
        _ mailbox: Mailbox, _ body: (Offset, EntryHeader, [UInt8]) throws(DatabaseError) -> Bool
    ) throws(DatabaseError) {
        let prefix = MailboxKeys.numbered(mailbox.slot, mailbox.number)
        let start = MailboxKeys.entry(mailbox.slot, mailbox.number, mailbox.row.floor + 1)
        try database.scan(.entries, prefix: prefix, from: start) { (key, value) throws(DatabaseError) in
            let header = try decoding("entries") { () throws(ByteError) in try EntryRow.header(value) }
            return try body(offset(inKey: key), header, value)
        }
    }

    private func remove(_ removal: Removal, from mailbox: Mailbox) {
        guard let last = removal.last else { return }
        for key in removal.signposts { batch.delete(.signposts, key) }
        if removal.seqs.count >= MailboxWriter.leastAtATime {
            // From the mailbox's beginning: nothing is left up to the floor, and a range must not begin inside a hint's
            // prefix.
            batch.deleteRange(
                .entries, MailboxKeys.numbered(mailbox.slot, mailbox.number),
                MailboxKeys.entry(mailbox.slot, mailbox.number, last.seq + 1))
        } else {
            for seq in removal.seqs {
                batch.delete(.entries, MailboxKeys.entry(mailbox.slot, mailbox.number, seq))
            }
        }
        mailbox.row.floor = last.seq
        mailbox.row.removedHead = max(mailbox.row.removedHead, last.seq)
        mailbox.row.removedPosition = last.header.position
        mailbox.row.removedBytes = last.header.totalBytes
        mailbox.isChanged = true
        list(mailbox)
    }
}
