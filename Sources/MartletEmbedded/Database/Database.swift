import CRocksDB
import Glibc

/// One open RocksDB database. Its functions may be called from any thread while it is open; closing it needs that
/// nobody else is in it, which `DatabaseGate` sees to.
@safe final class Database: @unchecked Sendable {
    // Not changed between init and deinit; RocksDB itself is thread-safe.
    private let handle: OpaquePointer
    private let columns: [OpaquePointer]
    private let options: DatabaseOptions
    private let reads: OpaquePointer
    private let writes: OpaquePointer
    private let syncedWrites: OpaquePointer

    init(path: String, _ configuration: EmbeddedConfiguration) throws(DatabaseError) {
        let options = DatabaseOptions(configuration)
        var columns = unsafe [OpaquePointer?](repeating: nil, count: Family.allCases.count)
        let opened = unsafe try Database.open(path, options, &columns)
        unsafe handle = opened
        unsafe self.columns = columns.compactMap { unsafe $0 }
        self.options = options
        unsafe reads = rocksdb_readoptions_create()
        unsafe writes = rocksdb_writeoptions_create()
        unsafe syncedWrites = rocksdb_writeoptions_create()
        unsafe rocksdb_writeoptions_set_sync(syncedWrites, 1)
    }

    private static func open(
        _ path: String, _ options: DatabaseOptions, _ columns: inout [OpaquePointer?]
    ) throws(DatabaseError) -> OpaquePointer {
        let names = unsafe Family.allCases.map { unsafe strdup($0.name) }
        defer { unsafe names.forEach { unsafe free($0) } }
        let namePointers = unsafe names.map { unsafe UnsafePointer($0) }
        let families = unsafe options.families.map { unsafe Optional($0) }
        let opened = unsafe try throwing { error in
            unsafe rocksdb_open_column_families(
                options.database, path, Int32(names.count), namePointers, families, &columns, error)
        }
        guard let opened = unsafe opened else { throw DatabaseError("nothing was opened") }
        return unsafe opened
    }

    /// RocksDB counts for its profiler on every thread unless it is told not to: an eighth of what a write costs.
    static func countNothingOnThisThread() { rocksdb_set_perf_level(Int32(rocksdb_disable)) }

    func get(_ family: Family, _ key: [UInt8], in snapshot: Snapshot? = nil) throws(DatabaseError) -> [UInt8]? {
        let options = unsafe snapshot?.reads ?? reads
        let found = unsafe try throwing { error in
            unsafe withCBytes(key) { pointer, count in
                unsafe rocksdb_get_pinned_cf(handle, options, columns[family.rawValue], pointer, count, error)
            }
        }
        guard let found = unsafe found else { return nil }
        var count = 0
        let value = unsafe rocksdb_pinnableslice_value(found, &count)
        defer { unsafe rocksdb_pinnableslice_destroy(found) }
        return unsafe copyBytes(value, count)
    }

    func iterator(_ family: Family, in snapshot: Snapshot? = nil) -> RowIterator {
        unsafe RowIterator(rocksdb_create_iterator_cf(handle, snapshot?.reads ?? reads, columns[family.rawValue]))
    }

    func snapshot() -> Snapshot { unsafe Snapshot(of: handle) }

    /// Atomic. What an error leaves behind is not known.
    func write(_ batch: WriteBatch, sync: Bool) throws(DatabaseError) {
        unsafe try throwing { error in
            unsafe rocksdb_write(handle, sync ? syncedWrites : writes, batch.encoded(for: columns), error)
        }
    }

    /// Drops whole files that hold nothing but these keys: trimmed space comes back without a compaction.
    func dropFiles(_ family: Family, from start: [UInt8], to end: [UInt8]) throws(DatabaseError) {
        unsafe try throwing { error in
            unsafe withCBytes(start) { startPointer, startCount in
                unsafe withCBytes(end) { endPointer, endCount in
                    unsafe rocksdb_delete_file_in_range_cf(
                        handle, columns[family.rawValue], startPointer, startCount, endPointer, endCount, error)
                }
            }
        }
    }

    /// Rewrites a family whole. Slow; for tests and operators.
    func compact(_ family: Family) {
        unsafe rocksdb_compact_range_cf(handle, columns[family.rawValue], nil, 0, nil, 0)
    }

    func flush() throws(DatabaseError) {
        let options = unsafe rocksdb_flushoptions_create()
        defer { unsafe rocksdb_flushoptions_destroy(options) }
        for family in Family.allCases {
            unsafe try throwing { error in unsafe rocksdb_flush_cf(handle, options, columns[family.rawValue], error) }
        }
    }

    /// Bytes of the files of a family that are in use.
    func fileBytes(_ family: Family) -> UInt64 {
        var bytes: UInt64 = 0
        _ = unsafe rocksdb_property_int_cf(
            handle, columns[family.rawValue], "rocksdb.live-sst-files-size", &bytes)
        return bytes
    }

    deinit {
        unsafe columns.forEach { unsafe rocksdb_column_family_handle_destroy($0) }
        unsafe rocksdb_readoptions_destroy(reads)
        unsafe rocksdb_writeoptions_destroy(writes)
        unsafe rocksdb_writeoptions_destroy(syncedWrites)
        unsafe rocksdb_close(handle)
    }
}

/// A consistent view of the whole database. Must not outlive it.
@safe final class Snapshot {
    private let database: OpaquePointer
    private let handle: OpaquePointer
    let reads: OpaquePointer

    init(of database: OpaquePointer) {
        unsafe self.database = unsafe database
        unsafe handle = rocksdb_create_snapshot(database)
        unsafe reads = rocksdb_readoptions_create()
        unsafe rocksdb_readoptions_set_snapshot(reads, handle)
    }

    deinit {
        unsafe rocksdb_readoptions_destroy(reads)
        unsafe rocksdb_release_snapshot(database, handle)
    }
}
