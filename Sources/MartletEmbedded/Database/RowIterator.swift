import CRocksDB

/// Walks the rows of a column family. Keys and values are copied out. Must not outlive its database and snapshot.
@safe struct RowIterator: ~Copyable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    var isValid: Bool { unsafe rocksdb_iter_valid(handle) != 0 }

    /// To the first row at or after `key`.
    func seek(_ key: [UInt8]) { unsafe withCBytes(key) { unsafe rocksdb_iter_seek(handle, $0, $1) } }

    /// To the last row at or before `key`.
    func seekBack(_ key: [UInt8]) { unsafe withCBytes(key) { unsafe rocksdb_iter_seek_for_prev(handle, $0, $1) } }

    func next() { unsafe rocksdb_iter_next(handle) }
    func previous() { unsafe rocksdb_iter_prev(handle) }

    var key: [UInt8] {
        var count = 0
        let pointer = unsafe rocksdb_iter_key(handle, &count)
        return unsafe copyBytes(pointer, count)
    }

    var value: [UInt8] {
        var count = 0
        let pointer = unsafe rocksdb_iter_value(handle, &count)
        return unsafe copyBytes(pointer, count)
    }

    /// Whether the row's key begins with `prefix`; false at the end.
    func isWithin(_ prefix: [UInt8]) -> Bool {
        guard isValid else { return false }
        var count = 0
        guard let pointer = unsafe rocksdb_iter_key(handle, &count), count >= prefix.count else { return false }
        let key = unsafe UnsafeRawBufferPointer(start: pointer, count: prefix.count)
        return unsafe key.elementsEqual(prefix)
    }

    /// An iterator that met an error looks as if it were at its end: ask before believing that.
    func check() throws(DatabaseError) {
        unsafe try throwing { unsafe rocksdb_iter_get_error(handle, $0) }
    }

    deinit { unsafe rocksdb_iter_destroy(handle) }
}

extension Database {
    /// Calls `row` with key and value of every row under `prefix`, ascending, until it says false.
    func scan(
        _ family: Family, prefix: [UInt8], from start: [UInt8]? = nil, in snapshot: Snapshot? = nil,
        _ row: ([UInt8], [UInt8]) throws(DatabaseError) -> Bool
    ) throws(DatabaseError) {
        let rows = iterator(family, in: snapshot)
        rows.seek(start ?? prefix)
        while rows.isWithin(prefix) {
            guard try row(rows.key, rows.value) else { return }
            rows.next()
        }
        try rows.check()
    }
}
