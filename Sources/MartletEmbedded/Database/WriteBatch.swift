import CRocksDB

/// Changes that are written together. Used by one thread.
///
/// The changes are gathered in one buffer of our own and handed to RocksDB's batch when they are written: a round that
/// is given up costs nothing, and a batch does not hold on to a database that is closed meanwhile.
@safe final class WriteBatch {
    private enum Kind { case put, delete, deleteRange }
    private struct Change {
        var kind: Kind
        var family: Family
        var keyCount: UInt32
        var valueCount: UInt32
    }

    private let handle: OpaquePointer
    private var changes: [Change] = []
    private var bytes: [UInt8] = []

    init() {
        unsafe handle = rocksdb_writebatch_create()
        bytes.reserveCapacity(256 * 1024)
    }

    deinit { unsafe rocksdb_writebatch_destroy(handle) }

    var isEmpty: Bool { changes.isEmpty }
    var byteCount: Int { bytes.count }

    func put(_ family: Family, _ key: [UInt8], _ value: [UInt8]) { add(.put, family, key, value) }
    func delete(_ family: Family, _ key: [UInt8]) { add(.delete, family, key, []) }

    /// Removes keys in `start ..< end`. `start` must be shorter than the family's hints.
    func deleteRange(_ family: Family, _ start: [UInt8], _ end: [UInt8]) {
        precondition(start.count < family.hintPrefixBytes ?? .max, "a range of \(family) begins inside a hint's prefix")
        add(.deleteRange, family, start, end)
    }

    private func add(_ kind: Kind, _ family: Family, _ key: [UInt8], _ value: [UInt8]) {
        changes.append(
            Change(kind: kind, family: family, keyCount: UInt32(key.count), valueCount: UInt32(value.count)))
        bytes.append(contentsOf: key)
        bytes.append(contentsOf: value)
    }

    /// Forgets everything, for the next round.
    func clear() {
        changes.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: bytes.capacity < 8 << 20)
    }

    /// RocksDB's batch with these changes; valid until the next call.
    func encoded(for columns: [OpaquePointer]) -> OpaquePointer {
        unsafe rocksdb_writebatch_clear(handle)
        unsafe bytes.withUnsafeBytes { buffer in
            guard var key = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            for change in changes {
                let value = unsafe key + Int(change.keyCount)
                unsafe add(change, to: columns[change.family.rawValue], key, value)
                unsafe key = value + Int(change.valueCount)
            }
        }
        return unsafe handle
    }

    private func add(
        _ change: Change, to column: OpaquePointer, _ key: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>
    ) {
        let (keyCount, valueCount) = (Int(change.keyCount), Int(change.valueCount))
        switch change.kind {
        case .put: unsafe rocksdb_writebatch_put_cf(handle, column, key, keyCount, value, valueCount)
        case .delete: unsafe rocksdb_writebatch_delete_cf(handle, column, key, keyCount)
        case .deleteRange:
            unsafe rocksdb_writebatch_delete_range_cf(handle, column, key, keyCount, value, valueCount)
        }
    }
}
