/// Writes JSON (RFC 8259) in the order in which it is told.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Whether the object or array that is open has a member already.
    private var hasMember = false

    static func bytes(of value: some JSONWritable) -> [UInt8] {
        var json = JSONWriter()
        value.write(to: &json)
        return json.bytes
    }

    mutating func object(_ members: (inout JSONWriter) -> Void) { nest("{", "}", members) }

    mutating func array(_ items: [some JSONWritable]) {
        nest("[", "]") { json in
            for item in items {
                json.separate()
                item.write(to: &json)
            }
        }
    }

    mutating func field(_ name: String, _ value: some JSONWritable) {
        separate()
        string(name)
        raw(":")
        value.write(to: &self)
    }

    mutating func raw(_ text: String) { bytes += text.utf8 }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { escaped(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0..<0x20: raw("\\u00" + String(byte / 16, radix: 16) + String(byte % 16, radix: 16))
        default: bytes.append(byte)
        }
    }

    private mutating func nest(_ open: String, _ close: String, _ inside: (inout JSONWriter) -> Void) {
        raw(open)
        hasMember = false
        inside(&self)
        raw(close)
        hasMember = true
    }

    private mutating func separate() {
        if hasMember { raw(",") }
        hasMember = true
    }
}

/// What can be written as JSON.
protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

extension String: JSONWritable {
    func write(to json: inout JSONWriter) { json.string(self) }
}

extension Bool: JSONWritable {
    func write(to json: inout JSONWriter) { json.raw(self ? "true" : "false") }
}

extension Int: JSONWritable {
    func write(to json: inout JSONWriter) { json.raw(String(self)) }
}

extension Int64: JSONWritable {
    func write(to json: inout JSONWriter) { json.raw(String(self)) }
}

extension UInt64: JSONWritable {
    func write(to json: inout JSONWriter) { json.raw(String(self)) }
}

/// Nil is `null`: a field that can stand in an answer always stands there.
extension Optional: JSONWritable where Wrapped: JSONWritable {
    func write(to json: inout JSONWriter) {
        if let self { self.write(to: &json) } else { json.raw("null") }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    func write(to json: inout JSONWriter) { json.array(self) }
}
