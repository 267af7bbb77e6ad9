/// What is known in memory of a user's conversations: the newest few, least recently used first.
struct ConversationCache {
    static let capacity = 8

    private(set) var rows: [ConversationRow] = []

    /// Compares in place: a closure, and the array's own subscript, would be given a copy of each row.
    func find(_ peer: Peer) -> Int? {
        let rows = rows.span
        var place = rows.count - 1
        while place >= 0, rows[place].state.peer != peer { place -= 1 }
        return place >= 0 ? place : nil
    }

    subscript(place: Int) -> ConversationRow {
        _read { yield rows[place] }
        _modify { yield &rows[place] }
    }

    /// Puts it last. True: another one had to go for it.
    mutating func insert(_ row: ConversationRow) -> Bool {
        let evicts = rows.count >= Self.capacity
        if evicts, let idle = rows.firstIndex(where: { !$0.isLoading && !$0.isOwed }) { rows.remove(at: idle) }
        rows.append(row)
        return evicts
    }

    /// Whose state is owed to the live sessions; it is not any more.
    mutating func takeOwed() -> [Peer] {
        var owed: [Peer] = []
        for place in rows.indices where rows[place].isOwed {
            rows[place].isOwed = false
            owed.append(rows[place].peer)
        }
        return owed
    }

    mutating func touch(_ place: Int) {
        guard place != rows.count - 1 else { return }
        rows.append(rows.remove(at: place))
    }
}

/// One conversation in memory.
struct ConversationRow {
    var peer: Peer { state.peer }
    /// Seq of its last entry that went out; nil: not known.
    var head: Offset?
    /// Complete where `isComplete`; else only what was heard since.
    var state: ConversationState
    var isComplete = false
    /// Its state is read from the store.
    var isLoading = false
    /// It changed: its state is owed to the live sessions.
    var isOwed = false
    /// The last incoming entry that went out: what a read mark behind it means to its sender. 0: none known.
    var lastIncoming: Offset = 0
    var lastIncomingSource: Offset = 0

    init(peer: Peer, head: Offset?, isComplete: Bool) {
        self.head = head
        state = ConversationState(peer: peer, lastSeq: head ?? 0)
        self.isComplete = isComplete
    }
}
