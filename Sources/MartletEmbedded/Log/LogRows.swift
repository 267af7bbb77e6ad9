import MartletCore

/// Rows of the log: slot (2), offset (8) → the record's bytes.
enum LogRows {
    static func key(_ slot: Slot, _ offset: Offset) -> [UInt8] {
        var key = RowKey(slot, reserving: 10)
        key.add(offset)
        return key.bytes
    }

    static func read(
        _ database: Database, _ slot: Slot, _ request: ReadRequest, end: Offset
    ) throws(DatabaseError) -> [LoggedRecord] {
        var page = LogPage(request)
        try database.scan(.log, prefix: RowKey(slot).bytes, from: key(slot, request.offset)) { key, value in
            let at = offset(inKey: key)
            return at < end && page.add(LoggedRecord(offset: at, bytes: value))
        }
        return page.records
    }

    /// The offset after the last record; nil: there is none.
    static func end(_ database: Database, _ slot: Slot) throws(DatabaseError) -> Offset? {
        let rows = database.iterator(.log)
        rows.seekBack(key(slot, .max))
        defer { _ = rows }
        try rows.check()
        return rows.isWithin(RowKey(slot).bytes) ? offset(inKey: rows.key) + 1 : nil
    }
}
