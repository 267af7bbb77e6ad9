/// The users of a slot that have sessions here: rows in a slab, found by the bytes of their key.
///
/// The index is open addressing over row numbers (linear probing, at most three quarters full, backward-shift
/// deletion), so that a look-up from a frame's bytes allocates nothing and an idle user costs a row and no objects.
struct UserTable {
    private(set) var rows: [UserRow] = []
    private var free: [Int32] = []
    private var index: [Int32] = []
    private let seed: UInt64
    private(set) var count = 0

    init(seed: UInt64) { self.seed = seed }

    subscript(row: Int) -> UserRow {
        _read { yield rows[row] }
        _modify { yield &rows[row] }
    }

    func find(_ key: Key) -> Int? { find(key.bytes.span) }

    func find(_ key: Span<UInt8>) -> Int? {
        guard count > 0 else { return nil }
        let hash = hash(key)
        var place = Int(hash) & (index.count - 1)
        while index[place] >= 0 {
            let row = Int(index[place])
            if rows[row].hash == hash, isEqual(rows[row].key.bytes.span, key) { return row }
            place = (place + 1) & (index.count - 1)
        }
        return nil
    }

    /// The row of `key`, which is not in the table yet.
    mutating func insert(_ key: Key, bucket: TokenBucket) -> Int {
        if (count + 1) * 4 > index.count * 3 { grow() }
        let user = UserRow(key: key, hash: hash(key.bytes.span), bucket: bucket)
        let row: Int
        if let reused = free.popLast() {
            row = Int(reused)
            rows[row] = user
        } else {
            row = rows.count
            rows.append(user)
        }
        place(row)
        count += 1
        return row
    }

    mutating func remove(_ row: Int) {
        var hole = placeOf(row)
        var next = (hole + 1) & (index.count - 1)
        while index[next] >= 0 {
            // What would still be found from its first place may stay; the rest moves up into the hole.
            let home = Int(rows[Int(index[next])].hash) & (index.count - 1)
            if (next &- home) & (index.count - 1) >= (next &- hole) & (index.count - 1) {
                index[hole] = index[next]
                hole = next
            }
            next = (next + 1) & (index.count - 1)
        }
        index[hole] = -1
        rows[row] = UserRow(key: rows[row].key, hash: 0, bucket: rows[row].bucket)
        free.append(Int32(row))
        count -= 1
    }

    private mutating func grow() {
        let used = index.filter { $0 >= 0 }
        index = [Int32](repeating: -1, count: max(16, index.count * 2))
        for row in used { place(Int(row)) }
    }

    private mutating func place(_ row: Int) {
        var place = Int(rows[row].hash) & (index.count - 1)
        while index[place] >= 0 { place = (place + 1) & (index.count - 1) }
        index[place] = Int32(row)
    }

    private func placeOf(_ row: Int) -> Int {
        var place = Int(rows[row].hash) & (index.count - 1)
        while index[place] != row { place = (place + 1) & (index.count - 1) }
        return place
    }

    /// FNV-1a from a seeded start, with a final mix so that the low bits, which choose the place, depend on all.
    private func hash(_ key: Span<UInt8>) -> UInt32 {
        var hash = 0xcbf2_9ce4_8422_2325 ^ seed
        for i in key.indices { hash = (hash ^ UInt64(key[i])) &* 0x100_0000_01b3 }
        hash ^= hash >> 29
        hash = hash &* 0xbf58_476d_1ce4_e5b9
        return UInt32(truncatingIfNeeded: hash >> 32)
    }

    private func isEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for i in a.indices where a[i] != b[i] { return false }
        return true
    }
}

/// One user that has sessions here. Small, because there are a million of them and most are idle: what only an
/// active one needs is in arrays that own no memory while they are empty.
struct UserRow {
    let key: Key
    let hash: UInt32
    /// First of a list through `SessionRow.next`; -1: none.
    var firstSession: Int32 = -1
    var sessions: UInt8 = 0
    /// The stream below is in step with the slot: the store's row was read and every decision since was seen.
    var isKnown = false
    /// The mailbox was empty when the row was read, so a conversation that is not in the cache has no entry.
    var startedEmpty = false
    /// `stream[next]` waits for the head of its conversation.
    var isResolving = false
    /// Its receipts are looked up in the store: the cursor ran ahead of `incoming`.
    var isScanning = false
    /// The state of one of its conversations is owed to its live sessions.
    var isOwed = false
    var bucket: TokenBucket

    /// Seq of the last entry that went out to the live sessions; 0: none.
    var head: Offset = 0
    /// Entries up to here were removed by retention when the row was read.
    var floor: Offset = 0
    /// Decided entries that are not known to be stored or not gone out; those before `next` are out.
    var stream: [Entry] = []
    var next: Int32 = 0
    var conversations = ConversationCache()

    /// The greatest cursor of the user's devices.
    var cursor: Offset = 0
    /// Received receipts were made for incoming entries up to here.
    var receivedUpTo: Offset = 0
    /// `incoming` lists every incoming entry above this.
    var incomingFrom: Offset = 0
    var incoming: [IncomingEntry] = []

    init(key: Key, hash: UInt32, bucket: TokenBucket) {
        self.key = key
        self.hash = hash
        self.bucket = bucket
    }

    var isWholeStreamOut: Bool { Int(next) == stream.count }
    /// Seq of the last decided entry.
    var decidedHead: Offset { stream.isEmpty ? head : stream[stream.count - 1].seq }
}

/// An incoming entry that no device has acknowledged yet.
struct IncomingEntry {
    var seq: Offset
    var sourceSeq: Offset
    var from: Key
}
