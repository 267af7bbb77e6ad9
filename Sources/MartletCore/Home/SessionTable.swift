/// The sessions of a slot: rows in a slab, chained per user.
struct SessionTable {
    private(set) var rows: [SessionRow] = []
    private var free: [Int32] = []
    private(set) var count = 0

    subscript(row: Int) -> SessionRow {
        _read { yield rows[row] }
        _modify { yield &rows[row] }
    }

    mutating func insert(_ session: SessionRow) -> Int {
        count += 1
        guard let reused = free.popLast() else {
            rows.append(session)
            return rows.count - 1
        }
        let generation = rows[Int(reused)].generation
        rows[Int(reused)] = session
        rows[Int(reused)].generation = generation
        return Int(reused)
    }

    mutating func remove(_ row: Int) {
        let generation = rows[row].generation &+ 1
        rows[row] = SessionRow(id: 0, number: 0, edge: -1, user: -1, device: rows[row].device, tier: .free, since: 0)
        rows[row].generation = generation
        free.append(Int32(row))
        count -= 1
    }

    func handle(_ row: Int) -> SessionHandle { SessionHandle(row: Int32(row), generation: rows[row].generation) }

    /// Nil: that session is gone.
    func row(_ handle: SessionHandle) -> Int? {
        let row = Int(handle.row)
        return rows[row].generation == handle.generation && rows[row].user >= 0 ? row : nil
    }
}

/// A row, and which of its lives: an answer from the store may come after its session is gone.
struct SessionHandle: Hashable {
    var row: Int32
    var generation: UInt32
}

/// One session. Its lazily filled arrays own no memory while it is idle.
struct SessionRow {
    /// Asked for directly: a computed property of the row would copy all of it.
    enum Phase: UInt8 {
        /// Its attach waits for the store.
        case loading
        /// Gets no pushes: it pulls with `sync`.
        case behind
        /// Gets every entry as it is decided.
        case live
    }

    /// The edge's id for it.
    var id: UInt64
    /// The larger is the newer.
    var number: UInt64
    var edge: Int32
    /// -1: the row is free.
    var user: Int32
    var next: Int32 = -1
    var generation: UInt32 = 0
    var phase = Phase.loading
    var tier: Tier
    /// Its cursor moved since the last tick.
    var isCursorDirty = false
    let device: DeviceID
    /// Milliseconds since 1970.
    var since: Int64
    var cursor: Offset = 0
    /// What it was given, by push or by sync: it cannot acknowledge more.
    var pushedUpTo: Offset = 0
    var credit = PushCredit()
    var sends = SendQueue()
    /// The token of its attach, or the number of its sync, that is under way; 0: none.
    var waitsFor: UInt64 = 0

    init(id: UInt64, number: UInt64, edge: Int32, user: Int32, device: DeviceID, tier: Tier, since: Int64) {
        self.id = id
        self.number = number
        self.edge = edge
        self.user = user
        self.device = device
        self.tier = tier
        self.since = since
    }
}
