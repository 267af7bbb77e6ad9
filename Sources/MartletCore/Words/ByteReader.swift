/// Why bytes could not be read. What was written by `ByteWriter` never fails.
public enum ByteError: Error, Hashable, Sendable {
    /// They end before the value does.
    case truncated
    /// A number that does not fit, a length or a tag that cannot be.
    case invalid
}

/// Reads what `ByteWriter` wrote. Total: any bytes at all give a value or an error, never a trap, and nothing is
/// allocated for a length that the bytes do not have.
public struct ByteReader: Sendable {
    private let bytes: [UInt8]
    public private(set) var position: Int

    public init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = min(max(position, 0), bytes.count)
    }

    public var remaining: Int { bytes.count - position }
    public var isAtEnd: Bool { position == bytes.count }

    public mutating func byte() throws(ByteError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    /// See `ByteWriter.varint`. More than 64 bits are `invalid`.
    public mutating func varint() throws(ByteError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw .invalid }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
        }
        throw .invalid
    }

    public mutating func signed() throws(ByteError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    public mutating func optionalSigned() throws(ByteError) -> Int64? { try bool() ? try signed() : nil }

    public mutating func bigEndian64() throws(ByteError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<8 { value = value << 8 | UInt64(try byte()) }
        return value
    }

    /// A varint that fits `Number`, else `invalid`.
    public mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) throws(ByteError) -> Number {
        guard let value = Number(exactly: try varint()) else { throw .invalid }
        return value
    }

    /// 0 or 1.
    public mutating func bool() throws(ByteError) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw .invalid }
        return value == 1
    }

    /// See `ByteWriter.prefixed`; longer than `max` is `invalid`.
    public mutating func prefixed(max: Int = .max) throws(ByteError) -> [UInt8] {
        let count = try number(Int.self)
        guard count <= max else { throw .invalid }
        guard count <= remaining else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// How many of something follow, each of which takes `minBytes` at the least.
    public mutating func count(ofAtLeast minBytes: Int) throws(ByteError) -> Int {
        let count = try number(Int.self)
        guard count <= remaining / Swift.max(minBytes, 1) else { throw .truncated }
        return count
    }
}
