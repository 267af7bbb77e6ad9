/// Reads protobuf messages out of a span, strictly: see martlet.proto for what is refused beyond the encoding itself.
///
/// It holds the tag at hand; a field that has it reads it and goes on to the next. So one walk over a message's field
/// list reads everything that lies in ascending order, and a walk that reads nothing has met an unknown field.
struct ProtoReader: ~Escapable {
    let input: Span<UInt8>
    private(set) var at = 0
    /// End of the message at hand.
    private(set) var end: Int
    /// Field number and wire type at hand; 0: the message is at its end.
    private(set) var number = 0
    private(set) var wire = WireType.varint
    /// Where the tag at hand begins.
    private var tagAt = 0
    /// Numbers that were read in this message. Ours are all below 64.
    private var seen: UInt64 = 0
    private(set) var skipped = 0

    @_lifetime(copy input)
    init(_ input: Span<UInt8>) {
        self.input = input
        end = input.count
    }

    /// Reads fields until the message's end.
    @inline(never)
    mutating func read<M: FrameFields>(into message: inout M) throws(FrameError) {
        try next()
        while number != 0 {
            let before = tagAt
            try message.visit(&self)
            if number != 0 && tagAt == before { try skip() }
        }
        try message.finish()
    }

    /// Reads a message that lies in the field at hand.
    @inline(never)
    mutating func nested<M: FrameFields>(_ message: inout M, _ name: StaticString) throws(FrameError) {
        let outer = (end, seen)
        let length = try length(name)
        end = at + length
        seen = 0
        do { try read(into: &message) } catch { throw error.under(name) }
        (end, seen) = outer
    }

    /// Whether the field at hand is this one, which then may not have been there before.
    mutating func begins(_ field: Int) throws(FrameError) -> Bool {
        guard number == field else { return false }
        guard seen & (1 << UInt64(field)) == 0 else { throw .duplicateKey }
        seen |= 1 << UInt64(field)
        return true
    }

    /// Goes on to the next tag.
    mutating func next() throws(FrameError) {
        tagAt = at
        guard at < end else {
            number = 0
            return
        }
        let tag = try varint()
        guard let type = WireType(rawValue: UInt8(tag & 7)), tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw .malformed }
        number = Int(truncatingIfNeeded: tag >> 3)
        wire = type
    }

    mutating func varint() throws(FrameError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < end {
            let byte = input[at]
            at &+= 1
            if shift == 63 && byte > 1 { throw .malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw .malformed
    }

    mutating func number(_ name: StaticString) throws(FrameError) -> UInt64 {
        guard wire == .varint else { throw .wrongType(name) }
        return try varint()
    }

    /// The length of the delimited field at hand, which lies within the message.
    mutating func length(_ name: StaticString) throws(FrameError) -> Int {
        guard wire == .delimited else { throw .wrongType(name) }
        return try length()
    }

    private mutating func length() throws(FrameError) -> Int {
        let length = try varint()
        guard length <= UInt64(end - at) else { throw .malformed }
        return Int(truncatingIfNeeded: length)
    }

    /// The bytes of the delimited field at hand.
    @inline(never)
    mutating func bytes(_ name: StaticString) throws(FrameError) -> Range<Int> {
        let length = try length(name)
        defer { at += length }
        return at..<at + length
    }

    @inline(never)
    mutating func utf8(_ name: StaticString) throws(FrameError) -> Range<Int> {
        let range = try bytes(name)
        guard UTF8Validator.isValid(input.extracting(range)) else { throw .badUTF8 }
        return range
    }

    @inline(never)
    private mutating func skip() throws(FrameError) {
        skipped += 1
        switch wire {
        case .varint: _ = try varint()
        case .fixed32: try advance(4)
        case .fixed64: try advance(8)
        case .delimited: try advance(try length())
        }
        try next()
    }

    private mutating func advance(_ count: Int) throws(FrameError) {
        guard count <= end - at else { throw .malformed }
        at += count
    }

    /// Reads to the end of the delimited field at hand, by `element`.
    @inline(never)
    mutating func packed(_ element: (UInt64) -> Void) throws(FrameError) {
        let outer = end
        let length = try length()
        end = at + length
        while at < end { element(try varint()) }
        end = outer
    }
}
