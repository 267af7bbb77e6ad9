/// Checks UTF-8 piece by piece (Unicode 15, table 3-7): a character may be cut anywhere between two pieces.
///
/// Four bytes of state. Overlong forms, surrogates and values above U+10FFFF are refused at the first byte that
/// makes them certain, as RFC 6455 (section 8.1) wants it for fragmented messages.
struct UTF8Validator: Sendable, Equatable {
    /// Continuation bytes still due, and the range in which the next one must lie.
    private var due: UInt8 = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// Whether all characters so far are whole.
    var isComplete: Bool { due == 0 }

    /// Takes the next piece: false if it cannot be UTF-8. Eight bytes at a time as long as they are ASCII.
    mutating func take(_ bytes: Span<UInt8>) -> Bool {
        var at = 0
        while at < bytes.count {
            if due == 0, at &+ 8 <= bytes.count, bytes.word(at: at) & 0x8080_8080_8080_8080 == 0 {
                at &+= 8
            } else {
                guard take(bytes[at]) else { return false }
                at &+= 1
            }
        }
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard due > 0 else { return begin(byte) }
        guard byte >= low && byte <= high else { return false }
        due -= 1
        (low, high) = (0x80, 0xBF)
        return true
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: due = 1
        case 0xE0: (due, low) = (2, 0xA0)
        case 0xED: (due, high) = (2, 0x9F)
        case 0xE1...0xEF: due = 2
        case 0xF0: (due, low) = (3, 0x90)
        case 0xF1...0xF3: due = 3
        case 0xF4: (due, high) = (3, 0x8F)
        default: return false
        }
        return true
    }

    /// Whether `bytes` are UTF-8 from end to end.
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var validator = UTF8Validator()
        return validator.take(bytes) && validator.isComplete
    }
}
