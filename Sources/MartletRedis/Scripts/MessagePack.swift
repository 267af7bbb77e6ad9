/// Writes the part of MessagePack that Redis's `cmsgpack` needs to read a script's argument: integers, strings, arrays.
struct MessagePackWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func integer(_ value: Int64) {
        switch value {
        case 0...0x7F: bytes.append(UInt8(value))
        case -32..<0: bytes.append(UInt8(truncatingIfNeeded: value))
        case 0...0xFFFF_FFFF:
            bytes.append(0xCE)
            bigEndian(UInt64(value), bytes: 4)
        default:
            bytes.append(0xD3)
            bigEndian(UInt64(bitPattern: value), bytes: 8)
        }
    }

    mutating func integer(_ value: Int) { integer(Int64(value)) }

    /// At most 4 GiB.
    mutating func string(_ value: [UInt8]) {
        if value.count < 32 {
            bytes.append(0xA0 | UInt8(value.count))
        } else {
            bytes.append(0xDB)
            bigEndian(UInt64(value.count), bytes: 4)
        }
        bytes.append(contentsOf: value)
    }

    /// The elements follow.
    mutating func array(_ count: Int) {
        if count < 16 {
            bytes.append(0x90 | UInt8(count))
        } else {
            bytes.append(0xDD)
            bigEndian(UInt64(count), bytes: 4)
        }
    }

    mutating func strings(_ values: [[UInt8]]) {
        array(values.count)
        for value in values { string(value) }
    }

    /// What another writer has written.
    mutating func append(_ other: MessagePackWriter) { bytes.append(contentsOf: other.bytes) }

    private mutating func bigEndian(_ value: UInt64, bytes count: Int) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (UInt64(index) * 8))) }
    }
}

/// Reads the integers that `cmsgpack.pack` wrote into a row. Total: any bytes give values or a named error.
struct MessagePackReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func integer() throws(StoreError) -> Int64 {
        let tag = try byte()
        switch tag {
        case 0...0x7F: return Int64(tag)
        case 0xE0...: return Int64(Int8(bitPattern: tag))
        case 0xCC: return Int64(try bigEndian(1))
        case 0xCD: return Int64(try bigEndian(2))
        case 0xCE: return Int64(try bigEndian(4))
        case 0xCF:
            guard let value = Int64(exactly: try bigEndian(8)) else { throw .unreadable("number") }
            return value
        case 0xD0: return Int64(Int8(truncatingIfNeeded: try bigEndian(1)))
        case 0xD1: return Int64(Int16(truncatingIfNeeded: try bigEndian(2)))
        case 0xD2: return Int64(Int32(truncatingIfNeeded: try bigEndian(4)))
        case 0xD3: return Int64(bitPattern: try bigEndian(8))
        default: throw .unreadable("number")
        }
    }

    mutating func string() throws(StoreError) -> [UInt8] {
        let tag = try byte()
        let count: UInt64
        switch tag {
        case 0xA0...0xBF: count = UInt64(tag & 0x1F)
        case 0xD9: count = try bigEndian(1)
        case 0xDA: count = try bigEndian(2)
        case 0xDB: count = try bigEndian(4)
        default: throw .unreadable("string")
        }
        guard count <= bytes.count - position else { throw .unreadable("string") }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }

    /// How many elements follow. `cmsgpack` writes an empty table as an array too.
    mutating func array() throws(StoreError) -> Int {
        let tag = try byte()
        switch tag {
        case 0x90...0x9F: return Int(tag & 0x0F)
        case 0xDC: return Int(try bigEndian(2))
        case 0xDD:
            let count = try bigEndian(4)
            guard count <= bytes.count - position else { throw .unreadable("array") }
            return Int(count)
        default: throw .unreadable("array")
        }
    }

    /// `count` integers behind the row's format, which must be 1, and nothing behind them.
    static func row(_ bytes: [UInt8], _ count: Int, _ what: String) throws(StoreError) -> [Int64] {
        var reader = MessagePackReader(bytes)
        let values = try reader.row(count, what)
        guard reader.isAtEnd else { throw .unreadable(what) }
        return values
    }

    mutating func row(_ count: Int, _ what: String) throws(StoreError) -> [Int64] {
        guard try integer() == 1 else { throw .unreadable(what) }
        var values: [Int64] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            let value = try integer()
            guard StoreNumber.range.contains(value) else { throw .unreadable(what) }
            values.append(value)
        }
        return values
    }

    private mutating func byte() throws(StoreError) -> UInt8 {
        guard position < bytes.count else { throw .unreadable("number") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func bigEndian(_ count: Int) throws(StoreError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
        return value
    }
}
