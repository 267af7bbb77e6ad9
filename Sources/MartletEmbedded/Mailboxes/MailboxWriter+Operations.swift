import MartletCore

extension MailboxWriter {
    func apply(_ operation: MailboxOperation, _ state: SlotState) throws(DatabaseError) {
        switch operation {
        case .append(let user, let entry): try append(entry, to: try makeMailbox(user, state), state)
        case .read(let user, let peer, let seq, let at):
            guard let (mailbox, conversation) = try conversation(user, peer, state) else { return }
            try read(mailbox, conversation, upTo: seq, at: at, state)
        case .receipt(let user, let peer, let received, let read, let at):
            guard let (mailbox, conversation) = try conversation(user, peer, state) else { return }
            receipt(mailbox, conversation, received, read, at)
        case .cursor(let user, let device, let seq, let seen): try cursor(user, device, seq, seen, state)
        case .receipted(let user, let seq): try receipted(user, seq, state)
        case .trimmed(let user, let head, let floor): try trimmed(user, head, floor, state)
        }
    }

    // MARK: Operations

    private func append(_ entry: Entry, to mailbox: Mailbox, _ state: SlotState) throws(DatabaseError) {
        let conversation = try makeConversation(entry.conversation, in: mailbox, state)
        var entry = entry
        entry.prev = mailbox.head
        entry.prevInConversation = conversation.row.state.lastSeq
        grow(mailbox, by: entry)
        count(entry, in: conversation)
        put(entry, mailbox, conversation.row)
        conversation.unwritten.append((entry.seq, entry.prevInConversation ?? 0, conversation.row.incoming))
        list(mailbox)
        list(mailbox, conversation)
    }

    private func grow(_ mailbox: Mailbox, by entry: Entry) {
        mailbox.head = entry.seq
        mailbox.position += 1
        mailbox.totalBytes += UInt64(entry.cost)
        mailbox.hasGrown = true
    }

    private func count(_ entry: Entry, in conversation: Conversation) {
        conversation.row.state.lastSeq = entry.seq
        conversation.row.state.changedAt = max(conversation.row.state.changedAt, entry.seq)
        conversation.row.entries += 1
        guard !entry.isOwnCopy, entry.content.type == .message else { return }
        conversation.row.incoming += 1
        let isRead = entry.seq <= conversation.row.state.readUpTo
        conversation.read(incoming: isRead ? conversation.row.incoming : 0)
    }

    private func put(_ entry: Entry, _ mailbox: Mailbox, _ conversation: ConversationRow) {
        let header = EntryHeader(
            conversation: conversation.number, place: conversation.entries, incoming: conversation.incoming,
            position: mailbox.position, totalBytes: mailbox.totalBytes)
        batch.put(
            .entries, MailboxKeys.entry(mailbox.slot, mailbox.number, entry.seq), EntryRow.encode(header, entry))
        guard header.isSignpost else { return }
        batch.put(.signposts, MailboxKeys.signpost(mailbox.slot, conversation.number, entry.seq), [])
    }

    private func read(
        _ mailbox: Mailbox, _ conversation: Conversation, upTo seq: Offset, at: Offset, _ state: SlotState
    ) throws(DatabaseError) {
        guard seq > conversation.row.state.readUpTo else { return }
        conversation.row.state.readUpTo = seq
        conversation.row.state.changedAt = max(conversation.row.state.changedAt, at)
        conversation.read(incoming: try incoming(of: conversation, in: mailbox, upTo: seq, state))
        list(mailbox, conversation)
    }

    private func receipt(
        _ mailbox: Mailbox, _ conversation: Conversation, _ received: Offset, _ read: Offset, _ at: Offset
    ) {
        let before = conversation.row.state
        conversation.row.state.peerReceived = max(before.peerReceived, received)
        conversation.row.state.peerRead = max(before.peerRead, read)
        guard conversation.row.state != before else { return }
        conversation.row.state.changedAt = max(before.changedAt, at)
        list(mailbox, conversation)
    }

    private func cursor(
        _ user: Key, _ device: DeviceID, _ seq: Offset, _ seen: Int64, _ state: SlotState
    ) throws(DatabaseError) {
        let key = MailboxKeys.cursor(state.slot, user, device)
        // A user without a mailbox has nothing to acknowledge; what such a cursor says is read again each time.
        let mailbox = try mailbox(user, state)
        let known = mailbox?.cursors[device]
        let before = if let known { known } else { try cursor(key, isEmptied: state.isEmptied) }
        var row = before
        row.seq = max(row.seq, seq)
        row.seen = max(row.seen, seen)
        mailbox?.cursors[device] = row
        if row != before { setCursor(key, row) }
    }

    private func receipted(_ user: Key, _ seq: Offset, _ state: SlotState) throws(DatabaseError) {
        let mailbox = try makeMailbox(user, state)
        guard seq > mailbox.row.receiptedUpTo else { return }
        mailbox.row.receiptedUpTo = seq
        mailbox.isChanged = true
        list(mailbox)
    }

    private func trimmed(
        _ user: Key, _ head: Offset, _ floor: Offset, _ state: SlotState
    ) throws(DatabaseError) {
        let mailbox = try makeMailbox(user, state)
        if floor > mailbox.row.floor { try remove(from: mailbox, upTo: floor, state) }
        mailbox.row.removedHead = max(mailbox.row.removedHead, head)
        mailbox.head = max(mailbox.head, head)
        mailbox.isChanged = true
        list(mailbox)
    }

    // MARK: Rows

    /// The mailbox; made if it is not there.
    private func makeMailbox(_ user: Key, _ state: SlotState) throws(DatabaseError) -> Mailbox {
        if let mailbox = try mailbox(user, state) { return mailbox }
        let row = MailboxRow(number: takeNumber(state))
        let mailbox = Mailbox(slot: state.slot, user: user, row: row, last: nil, isNew: true)
        cache.insert(mailbox)
        list(mailbox)
        return mailbox
    }

    private func takeNumber(_ state: SlotState) -> RowNumber {
        defer { state.row.nextNumber &+= 1 }
        return state.row.nextNumber
    }

    func mailbox(_ user: Key, _ state: SlotState) throws(DatabaseError) -> Mailbox? {
        if let mailbox = cache.find(state.slot, user) { return mailbox }
        guard !state.isEmptied, let bytes = try database.get(.users, MailboxKeys.user(state.slot, user)) else {
            return nil
        }
        let row = try decoding("users") { () throws(ByteError) in try MailboxRow(bytes) }
        let last = try MailboxReader.last(database, state.slot, row.number)
        let mailbox = Mailbox(slot: state.slot, user: user, row: row, last: last, isNew: false)
        cache.insert(mailbox)
        return mailbox
    }

    private func conversation(
        _ user: Key, _ peer: Peer, _ state: SlotState
    ) throws(DatabaseError) -> (Mailbox, Conversation)? {
        guard let mailbox = try mailbox(user, state), let found = try conversation(peer, in: mailbox, state) else {
            return nil
        }
        return (mailbox, found)
    }

    private func conversation(
        _ peer: Peer, in mailbox: Mailbox, _ state: SlotState
    ) throws(DatabaseError) -> Conversation? {
        if let found = mailbox.conversations[peer] { return found }
        let key = MailboxKeys.conversation(state.slot, mailbox.number, peer)
        guard !state.isEmptied, let bytes = try database.get(.conversations, key) else { return nil }
        let row = try decoding("conversations") { () throws(ByteError) in try ConversationRow(bytes, peer: peer) }
        let conversation = Conversation(row)
        mailbox.conversations[peer] = conversation
        return conversation
    }

    private func makeConversation(
        _ peer: Peer, in mailbox: Mailbox, _ state: SlotState
    ) throws(DatabaseError) -> Conversation {
        if let found = try conversation(peer, in: mailbox, state) { return found }
        let conversation = Conversation(ConversationRow(number: takeNumber(state), peer: peer))
        mailbox.conversations[peer] = conversation
        return conversation
    }

    /// How many incoming messages the conversation has up to `seq`, whether or not an entry is there. 0 where
    /// retention removed what would tell it: the caller takes the maximum.
    private func incoming(
        of conversation: Conversation, in mailbox: Mailbox, upTo seq: Offset, _ state: SlotState
    ) throws(DatabaseError) -> UInt64 {
        if seq >= conversation.row.state.lastSeq { return conversation.row.incoming }
        if let unwritten = conversation.unwritten.last(where: { $0.seq <= seq }) { return unwritten.incoming }
        if state.isEmptied { return 0 }
        let chain = ConversationChain(
            database: database, slot: state.slot, mailbox: mailbox.row, conversation: conversation.row.number,
            last: conversation.unwritten.first?.previous ?? conversation.row.state.lastSeq)
        if let link = try chain.link(seq) { return link.header.incoming }
        let newest = try chain.newest(below: seq)
        return newest > 0 ? try chain.existing(newest).header.incoming : 0
    }
}
