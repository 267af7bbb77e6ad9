import MartletCore

/// Writes messages as JSON without space, by the proto3 mapping: 64-bit numbers in strings, bytes in base64.
struct JSONWriter {
    var out: [UInt8]
    private var needsComma = false

    init(out: [UInt8]) { self.out = out }

    @inline(never)
    mutating func object<M: FrameFields>(_ message: inout M) throws(FrameError) {
        out.append(UInt8(ascii: "{"))
        needsComma = false
        try message.visit(&self)
        out.append(UInt8(ascii: "}"))
        needsComma = true
    }

    @inline(never)
    private mutating func key(_ name: StaticString) {
        if needsComma { out.append(UInt8(ascii: ",")) }
        out.append(UInt8(ascii: "\""))
        out.append(name)
        out.append("\":")
        needsComma = true
    }

    @inline(never)
    private mutating func string(_ text: String) {
        JSONEscape.append(text.utf8.span, to: &out)
    }

    @inline(never)
    private mutating func string(_ number: UInt64) {
        out.append(UInt8(ascii: "\""))
        decimal(number)
        out.append(UInt8(ascii: "\""))
    }

    private mutating func decimal(_ number: UInt64) {
        let start = out.count
        var rest = number
        repeat {
            out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        out[start...].reverse()
    }

    /// Writes an array; nothing at all if it is empty.
    private mutating func array<T>(
        _ name: StaticString, _ values: [T], _ element: (inout JSONWriter, T) throws(FrameError) -> Void
    ) throws(FrameError) {
        guard !values.isEmpty else { return }
        key(name)
        for (i, value) in values.enumerated() {
            out.append(i == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
            try element(&self, value)
        }
        out.append(UInt8(ascii: "]"))
        needsComma = true
    }
}

extension JSONWriter: FieldVisitor {
    @inline(never)
    mutating func unsigned(_ number: Int, _ name: StaticString, _ value: inout UInt64, bits: Int) -> Bool {
        guard value != 0 else { return false }
        key(name)
        if bits == 64 { string(value) } else { decimal(value) }
        return false
    }

    @inline(never)
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout UInt64?) -> Bool {
        guard let value else { return false }
        key(name)
        string(value)
        return false
    }

    @inline(never)
    mutating func flag(_ number: Int, _ name: StaticString, _ value: inout Bool) -> Bool {
        guard value else { return false }
        key(name)
        out.append("true")
        return false
    }

    @inline(never)
    mutating func text(_ number: Int, _ name: StaticString, _ value: inout String) -> Bool {
        guard !value.isEmpty else { return false }
        key(name)
        string(value)
        return false
    }

    @inline(never)
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout String?) -> Bool {
        guard let value else { return false }
        key(name)
        string(value)
        return false
    }

    @inline(never)
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout [UInt8]?) -> Bool {
        guard let value else { return false }
        key(name)
        out.append(UInt8(ascii: "\""))
        Base64.append(value.span, to: &out)
        out.append(UInt8(ascii: "\""))
        return false
    }

    @inline(never)
    mutating func identifier(_ number: Int, _ name: StaticString, _ value: inout [UInt8]) -> Bool {
        guard !value.isEmpty else { return false }
        key(name)
        JSONEscape.append(value.span, to: &out)
        return false
    }

    @inline(never)
    mutating func choice<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) -> Bool {
        guard value.rawValue != 0 else { return false }
        key(name)
        out.append(UInt8(ascii: "\""))
        out.append(value.wireName)
        out.append(UInt8(ascii: "\""))
        return false
    }

    @inline(never)
    mutating func optional<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M?)
        throws(FrameError) -> Bool
    {
        guard var message = value else { return false }
        key(name)
        try object(&message)
        return false
    }

    @inline(never)
    mutating func list<M: FrameFields>(_ number: Int, _ name: StaticString, _ values: inout [M])
        throws(FrameError) -> Bool
    {
        try array(name, values) { (writer: inout JSONWriter, value: M) throws(FrameError) in
            var message = value
            try writer.object(&message)
        }
        return false
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [UInt64]) throws(FrameError) -> Bool {
        try array(name, values) { (writer: inout JSONWriter, value: UInt64) in writer.string(value) }
        return false
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [Key]) throws(FrameError) -> Bool {
        try array(name, values) { (writer: inout JSONWriter, value: Key) in
            JSONEscape.append(value.bytes.span, to: &writer.out)
        }
        return false
    }

    /// A stored body was validated before it was stored; one that cannot be read is left out.
    @inline(never)
    mutating func splice(_ body: inout [UInt8]) throws(FrameError) -> Bool {
        guard var fields = try? FrameCodec.decodeBody(body) else { return false }
        try fields.visit(&self)
        return false
    }
}
