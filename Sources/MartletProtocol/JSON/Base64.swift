/// Base64 (RFC 4648): written with the standard alphabet and padding, read with either alphabet, padded or not.
enum Base64 {
    static func append(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        var at = 0
        while at < bytes.count {
            let count = min(3, bytes.count - at)
            var group: UInt32 = 0
            for i in 0..<3 { group = group << 8 | (i < count ? UInt32(bytes[at + i]) : 0) }
            for i in 0..<4 {
                out.append(i <= count ? letter(UInt8(group >> UInt32(18 - 6 * i) & 63)) : UInt8(ascii: "="))
            }
            at += 3
        }
    }

    /// Nil if it is not base64, or if bits that no byte takes are not zero.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard let count = unpadded(text) else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(count * 3 / 4)
        var bits: UInt32 = 0
        var held = 0
        for i in 0..<count {
            guard let value = value(text[i]) else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return bits & (1 << UInt32(held) - 1) == 0 ? out : nil
    }

    /// The length without padding, if the padding is right.
    private static func unpadded(_ text: Span<UInt8>) -> Int? {
        var count = text.count
        while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        let isPadded = count < text.count
        return count % 4 == 1 || (isPadded && text.count % 4 != 0) ? nil : count
    }

    private static func letter(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
