import MartletCore

/// Retention by age, in the background: a slice of the mailboxes at a time, round and round.
struct MailboxSweep {
    private var position: [UInt8] = []
    private static let mailboxesAtATime = 1_000

    /// Removes what is older than `cutoff` (milliseconds since 1970) from the next mailboxes. They get into the round
    /// that is being made.
    mutating func run(_ database: Database, _ writer: MailboxWriter, cutoff: Int64) throws(DatabaseError) {
        var seen = 0
        let rows = database.iterator(.users)
        rows.seek(position)
        while rows.isValid, seen < MailboxSweep.mailboxesAtATime {
            let key = rows.key
            if let (slot, user) = MailboxSweep.user(inKey: key), slot.index < writer.slots.count {
                try sweep(slot, user, writer, cutoff)
                seen += 1
                rows.next()
            } else {
                rows.seek(keyAfter(prefix: Array(key.prefix(3))))
            }
        }
        try rows.check()
        position = rows.isValid ? rows.key : []
    }

    private func sweep(
        _ slot: Slot, _ user: Key, _ writer: MailboxWriter, _ cutoff: Int64
    ) throws(DatabaseError) {
        let state = writer.slots[slot.index]
        guard !state.isEmptied, let mailbox = try writer.mailbox(user, state) else { return }
        try writer.trimByAge(mailbox, before: cutoff)
    }

    /// Nil where the key is a cursor's.
    private static func user(inKey key: [UInt8]) -> (Slot, Key)? {
        guard key.count > 3, key[2] == MailboxKeys.userTag else { return nil }
        return (Slot(Int(key[0]) << 8 | Int(key[1])), MailboxKeys.user(inKey: key))
    }
}
