/// Appends numbers and length-prefixed bytes to a byte array. `ByteReader` reads them back.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    public mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// LEB128: seven bits a byte, lowest first; 1 to 10 bytes.
    public mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Zigzag, so that small negative numbers are short too.
    public mutating func signed(_ value: Int64) {
        varint(UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
    }

    /// A number that may be absent: a byte 0, or a byte 1 and the number.
    public mutating func optionalSigned(_ value: Int64?) {
        byte(value == nil ? 0 : 1)
        if let value { signed(value) }
    }

    /// Eight bytes, highest first: for keys that sort as their numbers do.
    public mutating func bigEndian64(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// The count as a varint, then the bytes.
    public mutating func prefixed(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// The bytes as they are.
    public mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }
}
