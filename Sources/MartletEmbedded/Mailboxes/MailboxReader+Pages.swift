import MartletCore

/// Entries and conversations, page by page.
extension MailboxReader {
    /// Gathers entries up to a page's limits, at least one.
    private struct EntryPage {
        var entries: [Entry] = []
        var more = false
        private var bytes = 0
        private let maxEntries: Int
        private let maxBytes: Int

        init(_ maxEntries: Int, _ maxBytes: Int) {
            self.maxEntries = max(maxEntries, 1)
            self.maxBytes = maxBytes
        }

        /// False if the entry has no place: then there is more.
        mutating func add(_ entry: Entry) -> Bool {
            guard entries.isEmpty || (entries.count < maxEntries && bytes + entry.cost <= maxBytes) else {
                more = true
                return false
            }
            entries.append(entry)
            bytes += entry.cost
            return true
        }
    }

    func page(
        _ user: Key, _ after: Offset, _ maxEntries: Int, _ maxBytes: Int
    ) throws(DatabaseError) -> MailboxPage {
        guard let mailbox = try mailbox(user) else {
            return MailboxPage(asOf: asOf, floor: 0, entries: [], more: false)
        }
        var page = EntryPage(maxEntries, maxBytes)
        let start = max(min(after, .max - 1), mailbox.floor) + 1
        try database.scan(
            .entries, prefix: MailboxKeys.numbered(slot, mailbox.number),
            from: MailboxKeys.entry(slot, mailbox.number, start), in: snapshot
        ) { (_, value) throws(DatabaseError) in
            page.add(try decoding("entries") { () throws(ByteError) in try EntryRow.entry(value) })
        }
        return MailboxPage(asOf: asOf, floor: mailbox.floor, entries: page.entries, more: page.more)
    }

    func history(
        _ user: Key, _ peer: Peer, _ before: Offset, _ maxEntries: Int, _ maxBytes: Int
    ) throws(DatabaseError) -> MailboxAnswer {
        var page = EntryPage(maxEntries, maxBytes)
        if let mailbox = try mailbox(user), let conversation = try conversation(mailbox, peer) {
            let chain = chain(mailbox, conversation)
            var seq = try chain.newest(below: before > 0 ? before : .max)
            while seq > 0 {
                let link = try chain.existing(seq)
                guard page.add(link.entry) else { break }
                seq = chain.older(link)
            }
        }
        return .history(asOf: asOf, entries: page.entries, more: page.more)
    }

    func headBefore(_ user: Key, _ peer: Peer, _ before: Offset) throws(DatabaseError) -> Offset {
        guard before > 0, let mailbox = try mailbox(user), let conversation = try conversation(mailbox, peer) else {
            return 0
        }
        return try chain(mailbox, conversation).newest(below: before)
    }

    private func chain(_ mailbox: MailboxRow, _ conversation: ConversationRow) -> ConversationChain {
        ConversationChain(
            database: database, slot: slot, mailbox: mailbox, conversation: conversation.number,
            last: conversation.state.lastSeq, snapshot: snapshot)
    }

    func conversations(_ user: Key, _ before: Offset, _ max: Int) throws(DatabaseError) -> MailboxAnswer {
        var states = try states(user) { before <= 0 || $0.lastSeq < before }
        states.sort { ($1.lastSeq, $0.peer) < ($0.lastSeq, $1.peer) }
        return conversationPage(states, max)
    }

    func changed(_ user: Key, _ after: Offset, _ max: Int) throws(DatabaseError) -> MailboxAnswer {
        var states = try states(user) { $0.changedAt > after }
        states.sort { ($0.changedAt, $0.peer) < ($1.changedAt, $1.peer) }
        return conversationPage(states, max)
    }

    private func conversationPage(_ states: [ConversationState], _ max: Int) -> MailboxAnswer {
        let count = Swift.max(max, 1)
        return .conversations(asOf: asOf, Array(states.prefix(count)), more: states.count > count)
    }

    /// All of a user's conversations that pass. Their rows lie side by side, so that reading all is cheaper
    /// than an index, which would cost two more writes with every message.
    private func states(
        _ user: Key, where isWanted: (ConversationState) -> Bool
    ) throws(DatabaseError) -> [ConversationState] {
        guard let mailbox = try mailbox(user) else { return [] }
        var states: [ConversationState] = []
        try database.scan(.conversations, prefix: MailboxKeys.numbered(slot, mailbox.number), in: snapshot) {
            (key, value) throws(DatabaseError) in
            guard let peer = MailboxKeys.peer(inKey: key) else { return true }
            let row = try decoding("conversations") { () throws(ByteError) in try ConversationRow(value, peer: peer) }
            if isWanted(row.state) { states.append(row.state) }
            return true
        }
        return states
    }
}
