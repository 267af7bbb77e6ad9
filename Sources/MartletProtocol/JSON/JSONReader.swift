/// Reads messages out of JSON text by the proto3 mapping, strictly.
///
/// As `ProtoReader` it holds the key at hand, and a walk over a field list that reads nothing has met an unknown key.
/// `null` stands for absent. Integers are digits, bare or in a string.
struct JSONReader: ~Escapable {
    var scanner: JSONScanner
    private var hasKey = false
    private var key = JSONScanner.Text(range: 0..<0, isEscaped: false)
    /// Numbers that were read in this object. Ours are all below 64.
    private var seen: UInt64 = 0
    private(set) var skipped = 0

    @_lifetime(copy input)
    init(_ input: Span<UInt8>, maxDepth: Int) {
        scanner = JSONScanner(input, maxDepth: maxDepth)
    }

    /// Reads a text that is one object and nothing else.
    mutating func readWhole<M: FrameFields>(into message: inout M) throws(FrameError) {
        guard UTF8Validator.isValid(scanner.input) else { throw .badUTF8 }
        try read(into: &message)
        try scanner.expectEnd()
    }

    @inline(never)
    private mutating func read<M: FrameFields>(into message: inout M) throws(FrameError) {
        try scanner.expect(UInt8(ascii: "{"))
        try scanner.enter()
        if try scanner.take(UInt8(ascii: "}")) { hasKey = false } else { try readKey() }
        while hasKey {
            let before = key.range.lowerBound
            try message.visit(&self)
            if hasKey && key.range.lowerBound == before { try skip() }
        }
        scanner.leave()
        try message.finish()
    }

    /// Reads an object that is the value at hand.
    @inline(never)
    mutating func nested<M: FrameFields>(_ message: inout M, _ name: StaticString) throws(FrameError) {
        guard try scanner.peek() == UInt8(ascii: "{") else { throw .wrongType(name) }
        let outer = seen
        seen = 0
        do { try read(into: &message) } catch { throw error.under(name) }
        seen = outer
        hasKey = true
    }

    /// Whether the key at hand is this field's, and its value is not null. It may not have been there before.
    @inline(never)
    mutating func begins(_ number: Int, _ name: StaticString) throws(FrameError) -> Bool {
        guard hasKey, isAtHand(name) else { return false }
        guard seen & (1 << UInt64(number)) == 0 else { throw .duplicateKey }
        seen |= 1 << UInt64(number)
        guard try scanner.take("null") else { return true }
        try next()
        return false
    }

    private func isAtHand(_ name: StaticString) -> Bool {
        let text = scanner.input.extracting(key.range)
        guard key.isEscaped else { return text.equals(name) }
        let resolved = JSONEscape.resolve(text)
        return resolved.span.equals(name)
    }

    /// Goes on to the next key, or past the object's end.
    mutating func next() throws(FrameError) {
        if try scanner.take(UInt8(ascii: ",")) {
            try readKey()
        } else {
            try scanner.expect(UInt8(ascii: "}"))
            hasKey = false
        }
    }

    private mutating func readKey() throws(FrameError) {
        key = try scanner.string()
        try scanner.expect(UInt8(ascii: ":"))
        hasKey = true
    }

    private mutating func skip() throws(FrameError) {
        skipped += 1
        try scanner.skipValue()
        try next()
    }

    /// Reads an array, each element by `element`.
    mutating func array(
        _ name: StaticString, _ element: (inout JSONReader) throws(FrameError) -> Void
    ) throws(FrameError) {
        guard try scanner.take(UInt8(ascii: "[")) else { throw .wrongType(name) }
        try scanner.enter()
        if try !scanner.take(UInt8(ascii: "]")) {
            repeat { try element(&self) } while try scanner.take(UInt8(ascii: ","))
            try scanner.expect(UInt8(ascii: "]"))
        }
        scanner.leave()
    }
}

// MARK: Values

extension JSONReader {
    @inline(never)
    mutating func utf8(_ name: StaticString) throws(FrameError) -> [UInt8] {
        guard try scanner.peek() == UInt8(ascii: "\"") else { throw .wrongType(name) }
        let text = try scanner.string()
        let bytes = scanner.input.extracting(text.range)
        return text.isEscaped ? JSONEscape.resolve(bytes) : Array(copying: bytes)
    }

    @inline(never)
    mutating func string(_ name: StaticString) throws(FrameError) -> String {
        let bytes = try utf8(name)
        return String(copying: bytes.span)
    }

    @inline(never)
    mutating func integer(_ name: StaticString) throws(FrameError) -> UInt64 {
        switch try scanner.peek() {
        case UInt8(ascii: "\""):
            let text = try scanner.string()
            return try integer(text.range, name)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try integer(try scanner.number(), name)
        default:
            throw .wrongType(name)
        }
    }

    /// Decimal digits without a leading zero. A negative number is out of range, a fraction is of the wrong type.
    private func integer(_ range: Range<Int>, _ name: StaticString) throws(FrameError) -> UInt64 {
        let digits = scanner.input.extracting(range)
        let isNegative = digits.count > 0 && digits[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard digits.count > start, digits.count == start + 1 || digits[start] != UInt8(ascii: "0") else {
            throw .wrongType(name)
        }
        var value: UInt64 = 0
        var overflows = isNegative
        for i in start..<digits.count {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digits[i]) else { throw .wrongType(name) }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(digits[i] & 15))
            overflows = overflows || overflow || carry
            value = sum
        }
        guard !overflows else { throw .outOfRange(name) }
        return value
    }
}
