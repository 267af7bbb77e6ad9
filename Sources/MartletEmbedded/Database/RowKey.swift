import MartletCore

/// Keys sort as the numbers in them: big-endian, offsets and seqs never negative.
struct RowKey {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 32) { bytes.reserveCapacity(capacity) }

    init(_ slot: Slot, reserving capacity: Int = 32) {
        bytes.reserveCapacity(capacity)
        add(slot)
    }

    mutating func add(_ slot: Slot) { addBigEndian(UInt64(slot.rawValue), bytes: 2) }
    mutating func add(_ number: RowNumber) { addBigEndian(UInt64(number), bytes: 4) }
    mutating func add(_ offset: Offset) { addBigEndian(UInt64(max(offset, 0)), bytes: 8) }
    mutating func add(tag: UInt8) { bytes.append(tag) }
    mutating func add(rest: [UInt8]) { bytes.append(contentsOf: rest) }

    /// A name that more of the key follows.
    mutating func add(name: [UInt8]) {
        bytes.append(UInt8(clamping: name.count))
        bytes.append(contentsOf: name)
    }

    private mutating func addBigEndian(_ value: UInt64, bytes count: Int) {
        for index in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
        }
    }
}

/// Names a mailbox or a conversation within its slot, in place of up to 128 bytes.
typealias RowNumber = UInt32

/// The first key behind all that begin with `prefix`; `prefix` must not be all 0xFF.
func keyAfter(prefix: [UInt8]) -> [UInt8] {
    var end = prefix
    while end.last == 0xFF { end.removeLast() }
    if let last = end.popLast() { end.append(last + 1) }
    return end
}

/// The big-endian number in the last eight bytes of a key.
func offset(inKey key: [UInt8]) -> Offset {
    key.suffix(8).reduce(0) { $0 << 8 | Offset($1) }
}
