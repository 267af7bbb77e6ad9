import MartletCore

/// A mailbox's row: eight integers behind the format, as `MailboxScripts` packs them.
struct StoredMailbox {
    var head: Offset
    var floor: Offset
    var receiptedUpTo: Offset
    var greatestCursor: Offset

    init(_ packed: [UInt8]) throws(StoreError) {
        let numbers = try MessagePackReader.row(packed, 8, "mailbox")
        (head, floor, receiptedUpTo, greatestCursor) = (numbers[0], numbers[1], numbers[5], numbers[6])
    }
}

/// The conversations of a mailbox.
struct StoredConversations {
    private var states: [ConversationState] = []

    init(_ rows: [(field: [UInt8], value: RedisReply)]) throws(StoreError) {
        for (field, value) in rows {
            guard let peer = try MailboxFields.peer(inField: field) else { continue }
            states.append(try StoredConversations.state(try value.bytes("conversation"), peer))
        }
    }

    /// Twelve integers: last seq, its position and place, incoming and unread messages, then what is less than the last
    /// seq by how much, or changed behind it, and positions to jump to.
    static func state(_ packed: [UInt8], _ peer: Peer) throws(StoreError) -> ConversationState {
        let numbers = try MessagePackReader.row(packed, 12, "conversation")
        let last = numbers[0]
        return ConversationState(
            peer: peer, lastSeq: last, unread: Int(numbers[4]), readUpTo: last - numbers[5],
            peerReceived: last - numbers[6], peerRead: last - numbers[7], changedAt: last + numbers[8])
    }

    /// Newest first, below `before` (0: from the newest).
    func before(_ before: Offset, max: Int) -> (states: [ConversationState], more: Bool) {
        let wanted = states.filter { before <= 0 || $0.lastSeq < before }
        return StoredConversations.page(wanted.sorted { ($1.lastSeq, $0.peer) < ($0.lastSeq, $1.peer) }, max)
    }

    /// Ascending by the change.
    func changed(after: Offset, max: Int) -> (states: [ConversationState], more: Bool) {
        let wanted = states.filter { $0.changedAt > after }
        return StoredConversations.page(wanted.sorted { ($0.changedAt, $0.peer) < ($1.changedAt, $1.peer) }, max)
    }

    private static func page(_ states: [ConversationState], _ max: Int) -> ([ConversationState], Bool) {
        let count = Swift.max(max, 1)
        return (Array(states.prefix(count)), states.count > count)
    }
}
