import MartletCore

/// A mailbox as the writer holds it: the rows that each entry changes, so that none is read again for the next.
final class Mailbox {
    let slot: Slot
    let user: Key
    var row: MailboxRow
    /// Of the last entry: its seq, and what its header says.
    var head: Offset
    var position: UInt64
    var totalBytes: UInt64
    var conversations: [Peer: Conversation] = [:]
    /// Of the devices that acknowledged something lately.
    var cursors: [DeviceID: CursorRow] = [:]
    /// The row has to be written at the round's end.
    var isChanged: Bool
    /// It is in the round's list.
    var isListed = false
    var hasGrown = false

    init(slot: Slot, user: Key, row: MailboxRow, last: (seq: Offset, EntryHeader)?, isNew: Bool) {
        self.slot = slot
        self.user = user
        self.row = row
        head = max(last?.seq ?? 0, row.removedHead)
        position = max(last?.1.position ?? 0, row.removedPosition)
        totalBytes = max(last?.1.totalBytes ?? 0, row.removedBytes)
        isChanged = isNew
    }

    var number: RowNumber { row.number }
    var liveEntries: UInt64 { position - min(row.removedPosition, position) }
    var liveBytes: UInt64 { totalBytes - min(row.removedBytes, totalBytes) }
}

final class Conversation {
    var row: ConversationRow
    /// It is in the round's list, and its row is written at the round's end.
    var isListed = false
    /// Entries of this round, which the database does not have yet, ascending by seq: each with the one before it and
    /// the incoming messages up to it.
    var unwritten: [(seq: Offset, previous: Offset, incoming: UInt64)] = []

    init(_ row: ConversationRow) { self.row = row }

    /// Counts the first `count` incoming messages as read.
    func read(incoming count: UInt64) {
        row.incomingRead = min(max(row.incomingRead, count), row.incoming)
        row.state.unread = Int(row.incoming - row.incomingRead)
    }
}

/// Mailboxes that were used lately: two generations, the older of which is dropped when the younger is full.
struct MailboxCache {
    private struct Name: Hashable {
        var slot: Slot
        var user: Key
    }

    private var young: [Name: Mailbox] = [:]
    private var old: [Name: Mailbox] = [:]
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 16) }

    mutating func find(_ slot: Slot, _ user: Key) -> Mailbox? {
        let name = Name(slot: slot, user: user)
        if let found = young[name] { return found }
        guard let found = old.removeValue(forKey: name) else { return nil }
        young[name] = found
        return found
    }

    mutating func insert(_ mailbox: Mailbox) { young[Name(slot: mailbox.slot, user: mailbox.user)] = mailbox }

    mutating func remove(_ slot: Slot) {
        young = young.filter { $0.key.slot != slot }
        old = old.filter { $0.key.slot != slot }
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }

    /// Between rounds only: what is changed and not written must not be dropped.
    mutating func age() {
        guard young.count > capacity else { return }
        old = young
        young = [:]
    }
}
