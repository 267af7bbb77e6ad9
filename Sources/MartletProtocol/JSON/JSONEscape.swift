/// The escapes of JSON strings, both ways.
enum JSONEscape {
    /// What a backslash and `byte` stand for; nil for `u` and for what is no escape.
    static func simple(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    static func hex4(_ bytes: Span<UInt8>, _ at: Int) -> UInt32? {
        var value: UInt32 = 0
        for i in at..<at + 4 {
            guard let digit = digit(bytes[i]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// A string's bytes without escapes. `text` was scanned, so every escape in it is whole.
    static func resolve(_ text: Span<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            if text[at] == UInt8(ascii: "\\"), at + 1 < text.count {
                at += resolve(text, at, into: &out)
            } else {
                out.append(text[at])
                at += 1
            }
        }
        return out
    }

    /// Answers how many bytes the escape at `at` takes.
    private static func resolve(_ text: Span<UInt8>, _ at: Int, into out: inout [UInt8]) -> Int {
        if let byte = simple(text[at + 1]) {
            out.append(byte)
            return 2
        }
        guard text.count - at >= 6, let unit = hex4(text, at + 2) else { return 2 }
        if unit & 0xFC00 == 0xD800, text.count - at >= 12, let low = hex4(text, at + 8) {
            append(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF), to: &out)
            return 12
        }
        append(unit, to: &out)
        return 6
    }

    private static func append(_ scalar: UInt32, to out: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(scalar) else { return }
        out.append(contentsOf: Array(String(Character(scalar)).utf8))
    }

    /// Appends `text` between quotes. Escaped is only what must be.
    static func append(_ text: Span<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        var start = 0
        for i in text.indices where needsEscape(text[i]) {
            out.append(text.extracting(start..<i))
            escape(text[i], to: &out)
            start = i + 1
        }
        out.append(text.extracting(start..<text.count))
        out.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case 0x08: out.append("\\b")
        case 0x09: out.append("\\t")
        case 0x0A: out.append("\\n")
        case 0x0C: out.append("\\f")
        case 0x0D: out.append("\\r")
        case UInt8(ascii: "\""): out.append("\\\"")
        case UInt8(ascii: "\\"): out.append("\\\\")
        default:
            out.append("\\u00")
            out.append(hexDigit(byte >> 4))
            out.append(hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
