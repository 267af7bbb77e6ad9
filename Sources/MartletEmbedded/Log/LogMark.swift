import MartletCore

/// A place in a slot's log at which it may be cut: everything before `offset` was written before `time`, and is
/// `bytesBefore` bytes since the log's beginning.
struct LogMark: Equatable {
    var offset: Offset
    /// Milliseconds since 1970.
    var time: Int64
    var bytesBefore: UInt64

    init(offset: Offset, time: Int64, bytesBefore: UInt64) {
        self.offset = offset
        self.time = time
        self.bytesBefore = bytesBefore
    }

    init(offset: Offset, _ bytes: [UInt8]) throws(ByteError) {
        var reader = ByteReader(bytes)
        self.offset = offset
        time = try reader.signed()
        bytesBefore = try reader.varint()
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 16)
        writer.signed(time)
        writer.varint(bytesBefore)
        return writer.bytes
    }
}

/// How a slot's log grows and is cut, as the writer sees it.
struct LogHead {
    let slot: Slot
    /// The first offset that is kept, and the one that the next record gets.
    var start: Offset
    var end: Offset
    /// Ascending.
    var marks: [LogMark]
    /// Bytes since the log's beginning, counted from the last mark where the process started again.
    var bytes: UInt64

    /// Whether the next record should have a mark before it.
    func needsMark(now: Int64, every bytesBetween: UInt64, orAfter milliseconds: Int64) -> Bool {
        guard let last = marks.last else { return true }
        return end > last.offset
            && (bytes - last.bytesBefore >= bytesBetween || end - last.offset >= 4096
                || now - last.time >= milliseconds)
    }

    /// Where the log may be cut: not above `allowed`, and what goes is older than `cutoff` or over `maxBytes`. Nil
    /// where fewer than 64 records would go.
    func cut(allowed: Offset, cutoff: Int64, maxBytes: UInt64) -> Offset? {
        let mark = marks.last { mark in
            mark.offset <= allowed && (mark.time <= cutoff || bytes - min(mark.bytesBefore, bytes) >= maxBytes)
        }
        guard let mark, mark.offset - start >= 64 else { return nil }
        return mark.offset
    }

    static func load(_ database: Database, _ slot: Slot) throws(DatabaseError) -> LogHead {
        var marks: [LogMark] = []
        try database.scan(.state, prefix: StateKeys.tagged(slot, StateKeys.logMarkTag)) {
            (key, value) throws(DatabaseError) in
            let at = MartletEmbedded.offset(inKey: key)
            marks.append(try decoding("log marks") { () throws(ByteError) in try LogMark(offset: at, value) })
            return true
        }
        let stored = try database.get(.state, StateKeys.tagged(slot, StateKeys.logStartTag))
        let start = stored.map { MartletEmbedded.offset(inKey: $0) } ?? 0
        let end = try LogRows.end(database, slot) ?? start
        return LogHead(
            slot: slot, start: start, end: max(end, start), marks: marks, bytes: marks.last?.bytesBefore ?? 0)
    }

    static func startRow(_ start: Offset) -> [UInt8] {
        var row = RowKey(reserving: 8)
        row.add(start)
        return row.bytes
    }
}
