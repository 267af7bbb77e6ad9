import MartletCore

/// Reads the parts of a `signal` without allocating. It knows the fields of martlet.proto that can be in one, and
/// gives up (nil) on everything else, so it may be stricter than `ProtoReader`, never laxer.
struct SignalScanner: ~Escapable {
    private let input: Span<UInt8>
    private var at = 0
    /// Bytes of type and content that the limit counts.
    private(set) var cost = 0

    @_lifetime(copy input)
    init(_ input: Span<UInt8>) {
        self.input = input
    }

    mutating func envelope() -> SignalView? {
        var view = SignalView()
        var hasSignal = false
        while at < input.count {
            switch tag() {
            case 1 << 3 | 0 where view.ref == nil:
                guard let ref = varint() else { return nil }
                view.ref = ref
            case 4 << 3 | 2 where !hasSignal:
                guard let part = delimited(input.count), signal(&view, part.upperBound) else { return nil }
                hasSignal = true
            default: return nil
            }
        }
        return hasSignal ? view : nil
    }

    private mutating func signal(_ view: inout SignalView, _ end: Int) -> Bool {
        var seen: UInt8 = 0
        while at < end {
            let tag = tag()
            guard seen & 1 << (tag >> 3 & 7) == 0, let part = delimited(end) else { return false }
            seen |= 1 << (tag >> 3 & 7)
            switch tag {
            case 1 << 3 | 2:
                guard peer(&view, part.upperBound) else { return false }
            case 2 << 3 | 2:
                guard utf8(part) else { return false }
                view.type = SignalView.Part(part)
            case 3 << 3 | 2:
                guard content(part.upperBound) else { return false }
                view.content = SignalView.Part(part)
                view.hasContent = true
            default: return false
            }
        }
        return view.to.length > 0
    }

    /// Only a user: a group has a home of another kind.
    private mutating func peer(_ view: inout SignalView, _ end: Int) -> Bool {
        guard at < end, tag() == 1 << 3 | 2, let part = delimited(end), part.upperBound == end else { return false }
        guard Identifier.isValid(input.extracting(part), maxBytes: Key.maxBytes) else { return false }
        view.to = SignalView.Part(part)
        at = end
        return true
    }

    private mutating func content(_ end: Int) -> Bool {
        var hasType = false
        var hasValue = false
        while at < end {
            let tag = tag()
            guard let part = delimited(end) else { return false }
            switch tag {
            case 1 << 3 | 2 where !hasType:
                hasType = true
                guard utf8(part) else { return false }
            case 2 << 3 | 2 where !hasValue:
                hasValue = true
                guard utf8(part) else { return false }
            case 3 << 3 | 2 where !hasValue:
                hasValue = true
                cost += part.count
                at = part.upperBound
            default: return false
            }
        }
        return true
    }

    /// Goes past a string. It counts.
    private mutating func utf8(_ part: Range<Int>) -> Bool {
        cost += part.count
        at = part.upperBound
        return UTF8Validator.isValid(input.extracting(part))
    }

    /// All tags here take one byte; a longer one is nothing that is known.
    private mutating func tag() -> UInt8 {
        defer { at &+= 1 }
        return input[at]
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < input.count && shift < 64 {
            let byte = input[at]
            at &+= 1
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }

    /// The bytes behind a length, which must lie before `end`. Stays at their beginning.
    private mutating func delimited(_ end: Int) -> Range<Int>? {
        guard let length = varint(), at <= end, length <= UInt64(end - at) else { return nil }
        return at..<at + Int(truncatingIfNeeded: length)
    }
}
