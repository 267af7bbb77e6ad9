import MartletCore

/// Writes protobuf messages: fields in the order of their list, empty ones left out, numbers packed.
struct ProtoWriter {
    var out: [UInt8]

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func tag(_ number: Int, _ wire: WireType) {
        varint(UInt64(number) << 3 | UInt64(wire.rawValue))
    }

    mutating func delimited(_ number: Int, _ bytes: [UInt8]) {
        tag(number, .delimited)
        varint(UInt64(bytes.count))
        out.append(contentsOf: bytes)
    }

    mutating func delimited(_ number: Int, _ text: String) {
        tag(number, .delimited)
        varint(UInt64(text.utf8.count))
        out.append(contentsOf: text.utf8)
    }

    /// Begins a nested message, with one byte for a length that is not known yet. Answers where it begins.
    mutating func open(_ number: Int) -> Int {
        tag(number, .delimited)
        out.append(0)
        return out.count
    }

    /// Ends the nested message that began at `start`: a length of two bytes or more moves it up.
    mutating func close(_ start: Int) {
        var length = UInt64(out.count - start)
        let extra = (63 - length.leadingZeroBitCount) / 7
        if extra > 0 && length > 0 { out.insert(contentsOf: repeatElement(0, count: extra), at: start) }
        var at = start - 1
        while length >= 0x80 {
            out[at] = UInt8(truncatingIfNeeded: length) | 0x80
            length >>= 7
            at += 1
        }
        out[at] = UInt8(truncatingIfNeeded: length)
    }

    @inline(never)
    mutating func message<M: FrameFields>(_ number: Int, _ message: M) throws(FrameError) {
        let start = open(number)
        var copy = message
        try copy.visit(&self)
        close(start)
    }
}

extension ProtoWriter: FieldVisitor {
    mutating func unsigned(_ number: Int, _ name: StaticString, _ value: inout UInt64, bits: Int) -> Bool {
        if value != 0 {
            tag(number, .varint)
            varint(value)
        }
        return false
    }

    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout UInt64?) -> Bool {
        if let value {
            tag(number, .varint)
            varint(value)
        }
        return false
    }

    mutating func flag(_ number: Int, _ name: StaticString, _ value: inout Bool) -> Bool {
        if value {
            tag(number, .varint)
            varint(1)
        }
        return false
    }

    mutating func text(_ number: Int, _ name: StaticString, _ value: inout String) -> Bool {
        if !value.isEmpty { delimited(number, value) }
        return false
    }

    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout String?) -> Bool {
        if let value { delimited(number, value) }
        return false
    }

    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout [UInt8]?) -> Bool {
        if let value { delimited(number, value) }
        return false
    }

    mutating func identifier(_ number: Int, _ name: StaticString, _ value: inout [UInt8]) -> Bool {
        if !value.isEmpty { delimited(number, value) }
        return false
    }

    mutating func choice<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) -> Bool {
        var wire = UInt64(value.rawValue)
        return unsigned(number, name, &wire, bits: 32)
    }

    mutating func optional<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M?)
        throws(FrameError) -> Bool
    {
        if let value { try message(number, value) }
        return false
    }

    @inline(never)
    mutating func list<M: FrameFields>(_ number: Int, _ name: StaticString, _ values: inout [M])
        throws(FrameError) -> Bool
    {
        for value in values { try message(number, value) }
        return false
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [UInt64]) -> Bool {
        guard !values.isEmpty else { return false }
        let start = open(number)
        for value in values { varint(value) }
        close(start)
        return false
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [Key]) -> Bool {
        for value in values { delimited(number, value.bytes) }
        return false
    }

    mutating func splice(_ body: inout [UInt8]) -> Bool {
        out.append(contentsOf: body)
        return false
    }
}
