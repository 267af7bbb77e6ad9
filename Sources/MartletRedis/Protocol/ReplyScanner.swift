/// Reads ahead of hiredis, which believes what a reply claims to hold: bytes pass here before it sees them.
///
/// Checks what it later relies on (numbers, lengths, line ends, which it partly does not check itself) and the caps. Keeps
/// its place between pieces of input, so a reply may come byte by byte.
struct ReplyScanner {
    private enum Phase {
        case start
        /// A number after `:`, `$` or `*`; `digits` counts those read.
        case number(type: UInt8, isNegative: Bool, digits: Int, value: Int)
        /// Behind the carriage return of a number.
        case numberEnd(type: UInt8, value: Int)
        case text
        case textEnd
        case payload(remaining: Int)
        case payloadReturn
        case payloadEnd
    }

    private let limits: RedisLimits
    private var phase = Phase.start
    /// Elements still to come of each open array, the outermost first.
    private var open: [Int] = []
    /// Of the reply at hand, as it came and as it claimed.
    private var size = 0
    private var lineBytes = 0
    private var elements = 0

    init(limits: RedisLimits) { self.limits = limits }

    mutating func scan(_ bytes: Span<UInt8>) throws(RedisProtocolError) {
        var position = 0
        while position < bytes.count {
            if case .payload(let remaining) = phase {
                let skipped = min(remaining, bytes.count - position)
                position += skipped
                phase = skipped == remaining ? .payloadReturn : .payload(remaining: remaining - skipped)
            } else {
                try take(bytes[position])
                position += 1
            }
        }
    }

    private mutating func take(_ byte: UInt8) throws(RedisProtocolError) {
        switch phase {
        case .start: try begin(byte)
        case .number(let type, let isNegative, let digits, let value):
            try takeNumber(byte, type, isNegative: isNegative, digits: digits, value)
        case .numberEnd(let type, let value):
            try expect(byte, "\n")
            try numberIsRead(type, value)
        case .text: try takeText(byte)
        case .textEnd:
            try expect(byte, "\n")
            elementIsRead()
        case .payload: break
        case .payloadReturn:
            try expect(byte, "\r")
            phase = .payloadEnd
        case .payloadEnd:
            try expect(byte, "\n")
            elementIsRead()
        }
    }

    private func expect(_ byte: UInt8, _ expected: Unicode.Scalar) throws(RedisProtocolError) {
        if byte != UInt8(ascii: expected) { throw .missingLineEnd }
    }

    private mutating func begin(_ type: UInt8) throws(RedisProtocolError) {
        lineBytes = 0
        switch type {
        case UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"):
            phase = .number(type: type, isNegative: false, digits: 0, value: 0)
        case UInt8(ascii: "+"), UInt8(ascii: "-"): phase = .text
        default: throw .unknownType(type)
        }
        // What an element costs beyond its bytes, so that many empty ones are bounded too.
        try grow(by: 16)
    }

    private mutating func grow(by count: Int) throws(RedisProtocolError) {
        size += count
        if size > limits.maxReplyBytes { throw .tooLarge }
    }

    private mutating func takeText(_ byte: UInt8) throws(RedisProtocolError) {
        if byte == UInt8(ascii: "\r") { return phase = .textEnd }
        if byte == UInt8(ascii: "\n") { throw .missingLineEnd }
        lineBytes += 1
        if lineBytes > limits.maxReplyLineBytes { throw .lineTooLong }
        try grow(by: 1)
    }

    private mutating func takeNumber(
        _ byte: UInt8, _ type: UInt8, isNegative: Bool, digits: Int, _ value: Int
    ) throws(RedisProtocolError) {
        switch byte {
        case UInt8(ascii: "-") where digits == 0 && !isNegative:
            phase = .number(type: type, isNegative: true, digits: 0, value: 0)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let digit = Int(byte - UInt8(ascii: "0"))
            let (ten, overflow) = value.multipliedReportingOverflow(by: 10)
            // Built below zero if it is, so that the least number fits.
            let (next, second) = ten.addingReportingOverflow(isNegative ? -digit : digit)
            if overflow || second || digits == 19 { throw .badNumber }
            phase = .number(type: type, isNegative: isNegative, digits: digits + 1, value: next)
        case UInt8(ascii: "\r") where digits > 0: phase = .numberEnd(type: type, value: value)
        default: throw .badNumber
        }
    }

    private mutating func numberIsRead(_ type: UInt8, _ value: Int) throws(RedisProtocolError) {
        switch type {
        case UInt8(ascii: "$"): try beginPayload(value)
        case UInt8(ascii: "*"): try beginArray(value)
        default: elementIsRead()
        }
    }

    private mutating func beginPayload(_ length: Int) throws(RedisProtocolError) {
        if length == -1 { return elementIsRead() }
        guard length >= 0 else { throw .badLength }
        guard length <= limits.maxReplyBytes else { throw .tooLarge }
        try grow(by: length)
        phase = length == 0 ? .payloadReturn : .payload(remaining: length)
    }

    private mutating func beginArray(_ count: Int) throws(RedisProtocolError) {
        guard count >= -1 else { throw .badLength }
        // Empty arrays too: hiredis takes no array at this depth.
        if open.count == RedisLimits.maxReplyDepth { throw .tooDeep }
        if count <= 0 { return elementIsRead() }
        guard count <= limits.maxReplyElements - elements else { throw .tooManyElements }
        elements += count
        open.append(count)
        phase = .start
    }

    /// Closes the arrays whose last element this was; with the outermost one the reply is whole.
    private mutating func elementIsRead() {
        phase = .start
        while let last = open.indices.last {
            open[last] -= 1
            if open[last] > 0 { return }
            open.removeLast()
        }
        size = 0
        elements = 0
    }
}
