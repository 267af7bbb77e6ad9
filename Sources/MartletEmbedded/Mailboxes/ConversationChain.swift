import MartletCore

/// A conversation's entries from its last one down: each names the one before it, so that no message pays for an index.
/// Every 64th is a *signpost*, a row of its own, so that a search for a seq that is no entry of the conversation walks
/// over less than 64 entries, however long the conversation is. The chain ends at the mailbox's floor.
struct ConversationChain {
    struct Link {
        var header: EntryHeader
        var entry: Entry
    }

    let database: Database
    let slot: Slot
    let mailbox: MailboxRow
    let conversation: RowNumber
    /// Seq of the last entry that is in the database; 0: none.
    let last: Offset
    var snapshot: Snapshot?

    /// Seq of the newest entry below `before`, whether or not an entry is there; 0: none is left.
    func newest(below before: Offset) throws(DatabaseError) -> Offset {
        guard before > mailbox.floor else { return 0 }
        if before > last { return kept(last) }
        if let link = try link(before) { return older(link) }
        var seq = try signpost(above: before) ?? last
        while seq > before { seq = older(try existing(seq)) }
        return seq
    }

    /// Seq of the entry before one; 0: none is left.
    func older(_ link: Link) -> Offset { kept(link.entry.prevInConversation ?? 0) }

    private func kept(_ seq: Offset) -> Offset { seq > mailbox.floor ? seq : 0 }

    /// Nil where `seq` is no entry of this conversation, or none that is left.
    func link(_ seq: Offset) throws(DatabaseError) -> Link? {
        let key = MailboxKeys.entry(slot, mailbox.number, seq)
        guard kept(seq) > 0, let bytes = try database.get(.entries, key, in: snapshot) else { return nil }
        return try decoding("entries") { () throws(ByteError) -> Link? in
            let header = try EntryRow.header(bytes)
            guard header.conversation == conversation else { return nil }
            return Link(header: header, entry: try EntryRow.entry(bytes))
        }
    }

    /// The entry at a seq that the chain or a signpost names.
    func existing(_ seq: Offset) throws(DatabaseError) -> Link {
        guard let link = try link(seq) else {
            throw DatabaseError("Corruption: entry \(seq) is missing from its conversation")
        }
        return link
    }

    private func signpost(above seq: Offset) throws(DatabaseError) -> Offset? {
        let rows = database.iterator(.signposts, in: snapshot)
        rows.seek(MailboxKeys.signpost(slot, conversation, seq))
        try rows.check()
        guard rows.isWithin(MailboxKeys.numbered(slot, conversation)) else { return nil }
        return offset(inKey: rows.key)
    }
}
