import MartletCore

/// Reads the fields of link frames. Counts and lengths are believed only as far as there are bytes.
struct LinkReader: ~Escapable {
    private let input: Span<UInt8>
    let limits: Limits
    private var at = 0

    @_lifetime(copy input)
    init(_ input: Span<UInt8>, limits: Limits) {
        self.input = input
        self.limits = limits
    }

    var isAtEnd: Bool { at == input.count }

    mutating func byte() throws(LinkError) -> UInt8 {
        guard at < input.count else { throw .truncated }
        defer { at += 1 }
        return input[at]
    }

    mutating func number() throws(LinkError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            if shift == 63 && byte > 1 { throw .outOfRange }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    mutating func signed() throws(LinkError) -> Int64 { Int64(bitPattern: try number()) }

    mutating func flag() throws(LinkError) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw .outOfRange
        }
    }

    mutating func bytes() throws(LinkError) -> [UInt8] {
        let length = try number()
        return Array(copying: input.extracting(try take(length)))
    }

    mutating func text() throws(LinkError) -> String {
        let bytes = try bytes()
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badUTF8 }
        return text
    }

    mutating func secret() throws(LinkError) -> [UInt8] {
        let bytes = try bytes()
        guard bytes.count == 32 else { throw .outOfRange }
        return bytes
    }

    mutating func key() throws(LinkError) -> Key {
        guard let key = Key(try bytes()) else { throw .badIdentifier }
        return key
    }

    mutating func device() throws(LinkError) -> DeviceID {
        guard let device = DeviceID(try bytes()) else { throw .badIdentifier }
        return device
    }

    mutating func node() throws(LinkError) -> NodeID {
        guard let node = NodeID(try text()) else { throw .badIdentifier }
        return node
    }

    mutating func slot() throws(LinkError) -> Slot {
        guard let index = UInt16(exactly: try number()) else { throw .outOfRange }
        return Slot(Int(index))
    }

    mutating func numbers() throws(LinkError) -> [UInt64] {
        var values: [UInt64] = []
        for _ in 0..<(try count()) { values.append(try number()) }
        return values
    }

    /// A count of things that take at least a byte each.
    mutating func count() throws(LinkError) -> Int {
        let count = try number()
        guard count <= UInt64(input.count - at) else { throw .truncated }
        return Int(count)
    }

    /// Bytes of another codec, behind their length in four bytes.
    @_lifetime(copy self)
    mutating func nested() throws(LinkError) -> Span<UInt8> {
        var length: UInt64 = 0
        for _ in 0..<4 { length = length << 8 | UInt64(try byte()) }
        return input.extracting(try take(length))
    }

    private mutating func take(_ length: UInt64) throws(LinkError) -> Range<Int> {
        guard length <= UInt64(input.count - at) else { throw .truncated }
        defer { at += Int(length) }
        return at..<at + Int(length)
    }
}
