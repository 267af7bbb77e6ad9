/// A column family: one kind of data.
enum Family: Int, CaseIterable, Sendable {
    /// Identity of the database: format, slots, generation, last boot.
    case meta = 0
    /// slot, offset: a record.
    case log = 1
    /// slot, mailbox number, seq: an entry.
    case entries = 2
    /// slot, conversation number, seq: where every 64th entry of a conversation stands.
    case signposts = 3
    /// slot, mailbox number, peer: a conversation's row.
    case conversations = 4
    /// Users and the cursors of their devices.
    case users = 5
    /// Slots and their decision states.
    case state = 6
    case presence = 7
    case cluster = 8

    var name: String {
        switch self {
        case .meta: "default"
        // The name that it has had since format 1, so that a folder of another format is known by its format.
        case .signposts: "conversationIndex"
        default: "\(self)"
        }
    }

    /// Memtable size: families that every message writes to get more.
    var memtableBytes: Int {
        switch self {
        case .log, .entries: 8 << 20
        case .conversations: 4 << 20
        case .users, .state: 2 << 20
        case .meta, .signposts, .presence, .cluster: 1 << 20
        }
    }

    /// Keys that agree in so many first bytes are inserted near one another, a log's in their order; nil: no hints.
    ///
    /// RocksDB 7.8 keeps one set of hints for a memtable's rows and its range deletes, and a hint from the wrong list
    /// ruins both. So the key at which a range delete begins must be shorter than this, which `WriteBatch` checks: that
    /// is why the prefix of a log is one byte longer than its slot, and that of entries one byte longer than slot and
    /// mailbox (the first byte of an offset is 0).
    var hintPrefixBytes: Int? {
        switch self {
        case .log, .users: 3
        case .state: 4
        case .conversations: 6
        case .entries: 7
        case .meta, .signposts, .presence, .cluster: nil
        }
    }

    /// What is rewritten seldom and read for long is worth compressing.
    var isCompressed: Bool { self == .entries || self == .conversations }
}
