/// Walks over JSON text (RFC 8259) and refuses whatever is not. The bytes were found to be UTF-8 before.
struct JSONScanner: ~Escapable {
    let input: Span<UInt8>
    let maxDepth: Int
    private(set) var at = 0
    private var depth = 0

    @_lifetime(copy input)
    init(_ input: Span<UInt8>, maxDepth: Int) {
        self.input = input
        self.maxDepth = maxDepth
    }

    /// The first byte of what comes next.
    mutating func peek() throws(FrameError) -> UInt8 {
        skipSpace()
        guard at < input.count else { throw .malformed }
        return input[at]
    }

    /// Goes past `byte` if it comes next.
    mutating func take(_ byte: UInt8) throws(FrameError) -> Bool {
        guard try peek() == byte else { return false }
        at &+= 1
        return true
    }

    mutating func expect(_ byte: UInt8) throws(FrameError) {
        guard try take(byte) else { throw .malformed }
    }

    /// Goes past `true`, `false` or `null` if it comes next.
    mutating func take(_ word: StaticString) throws(FrameError) -> Bool {
        _ = try peek()
        let length = word.utf8CodeUnitCount
        guard input.count - at >= length, input.extracting(at..<at + length).equals(word) else { return false }
        at += length
        return true
    }

    /// Goes past space to the end.
    mutating func expectEnd() throws(FrameError) {
        skipSpace()
        guard at == input.count else { throw .trailingBytes }
    }

    private mutating func skipSpace() {
        while at < input.count {
            switch input[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at &+= 1
            default: return
            }
        }
    }

    mutating func enter() throws(FrameError) {
        depth += 1
        guard depth <= maxDepth else { throw .tooDeep }
    }

    mutating func leave() { depth -= 1 }
}

// MARK: Strings and numbers

extension JSONScanner {
    /// A string between its quotes, and whether there are escapes in it.
    struct Text {
        var range: Range<Int>
        var isEscaped: Bool
    }

    mutating func string() throws(FrameError) -> Text {
        try expect(UInt8(ascii: "\""))
        let start = at
        var isEscaped = false
        while at < input.count {
            let byte = input[at]
            at &+= 1
            switch byte {
            case UInt8(ascii: "\""): return Text(range: start..<at - 1, isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                try escape()
            case 0..<0x20: throw .malformed
            default: break
            }
        }
        throw .malformed
    }

    /// Checks the escape behind a backslash; a surrogate must be half of a pair.
    private mutating func escape() throws(FrameError) {
        guard at < input.count else { throw .malformed }
        let byte = input[at]
        at &+= 1
        guard byte == UInt8(ascii: "u") else {
            guard JSONEscape.simple(byte) != nil else { throw .malformed }
            return
        }
        switch try hex4() {
        case 0xD800...0xDBFF:
            guard at + 1 < input.count, input[at] == UInt8(ascii: "\\"), input[at + 1] == UInt8(ascii: "u") else {
                throw .loneSurrogate
            }
            at += 2
            guard (0xDC00...0xDFFF).contains(try hex4()) else { throw .loneSurrogate }
        case 0xDC00...0xDFFF: throw .loneSurrogate
        default: break
        }
    }

    private mutating func hex4() throws(FrameError) -> UInt32 {
        guard input.count - at >= 4, let value = JSONEscape.hex4(input, at) else { throw .malformed }
        at += 4
        return value
    }

    /// A number's text, by the grammar: no leading zero or plus, digits on both sides of the point.
    mutating func number() throws(FrameError) -> Range<Int> {
        _ = try peek()
        let start = at
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            try digits()
        }
        return start..<at
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard at < input.count, input[at] == byte else { return false }
        at &+= 1
        return true
    }

    private mutating func digits() throws(FrameError) {
        let start = at
        while at < input.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(input[at]) { at &+= 1 }
        guard at > start else { throw .malformed }
    }
}

// MARK: Values that nobody knows

extension JSONScanner {
    /// Goes past any value. Keys of unknown objects may repeat: nothing reads them, so nothing reads them in two ways.
    mutating func skipValue() throws(FrameError) {
        switch try peek() {
        case UInt8(ascii: "{"): try skipMembers()
        case UInt8(ascii: "["): try skipElements()
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): guard try take("true") else { throw .malformed }
        case UInt8(ascii: "f"): guard try take("false") else { throw .malformed }
        case UInt8(ascii: "n"): guard try take("null") else { throw .malformed }
        default: _ = try number()
        }
    }

    private mutating func skipMembers() throws(FrameError) {
        try expect(UInt8(ascii: "{"))
        try enter()
        if try !take(UInt8(ascii: "}")) {
            repeat {
                _ = try string()
                try expect(UInt8(ascii: ":"))
                try skipValue()
            } while try take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"))
        }
        leave()
    }

    private mutating func skipElements() throws(FrameError) {
        try expect(UInt8(ascii: "["))
        try enter()
        if try !take(UInt8(ascii: "]")) {
            repeat { try skipValue() } while try take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"))
        }
        leave()
    }
}
