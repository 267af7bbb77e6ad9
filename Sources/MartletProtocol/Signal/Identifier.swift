/// The rule of `Key` (no control characters, no `/`) on bytes that stay where they are.
enum Identifier {
    static func isValid(_ bytes: Span<UInt8>, maxBytes: Int) -> Bool {
        guard (1...maxBytes).contains(bytes.count) else { return false }
        var previous: UInt8 = 0
        for i in bytes.indices {
            let byte = bytes[i]
            if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "/") { return false }
            // U+0080 to U+009F are C2 80 to C2 9F.
            if previous == 0xC2 && byte < 0xA0 { return false }
            previous = byte
        }
        return UTF8Validator.isValid(bytes)
    }
}
