import Testing

@testable import MartletRedis

/// What reaches hiredis, and what does not.
@Suite struct ReplyScannerTests {
    private func read(_ text: String, limits: RedisLimits = RedisLimits()) throws -> [RedisReply] {
        let reader = ReplyReader(limits: limits)
        let bytes = Array(text.utf8)
        unsafe try reader.feed(bytes.span.bytes)
        return try replies(reader)
    }

    private func replies(_ reader: ReplyReader) throws -> [RedisReply] {
        var replies: [RedisReply] = []
        while let reply = try reader.next() { replies.append(reply) }
        return replies
    }

    private static let mixed =
        "+OK\r\n-ERR x\r\n:-42\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
        + "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n*0\r\n+y\r\n:-9223372036854775808\r\n:9223372036854775807\r\n"
    private static let replies: [RedisReply] = [
        .status("OK"), .error("ERR x"), .integer(-42), .text("a\r\nbc"), .bytes([]), .null, .null, .array([]),
        .array([.integer(1), .array([.text("x"), .array([])]), .status("y")]), .integer(.min), .integer(.max),
    ]

    @Test func everyTypeIsRead() throws {
        #expect(try read(Self.mixed) == Self.replies)
    }

    @Test func repliesMayComeInAnyTwoPieces() throws {
        let bytes = Array(Self.mixed.utf8)
        for cut in 0...bytes.count {
            let reader = ReplyReader(limits: RedisLimits())
            let (first, second) = (Array(bytes[..<cut]), Array(bytes[cut...]))
            unsafe try reader.feed(first.span.bytes)
            var all = try replies(reader)
            unsafe try reader.feed(second.span.bytes)
            all += try replies(reader)
            #expect(all == Self.replies, "cut at \(cut)")
        }
    }

    @Test(arguments: [
        ("?\r\n", RedisProtocolError.unknownType(63)), ("%1\r\n", .unknownType(37)), ("\r\n", .unknownType(13)),
        ("$-2\r\n", .badLength), ("*-2\r\n", .badLength), ("$x\r\n", .badNumber), ("$\r\n", .badNumber),
        ("*--1\r\n", .badNumber), (":1x\r\n", .badNumber), (":\r\n", .badNumber), ("$1\n", .badNumber),
        (":9223372036854775808\r\n", .badNumber), ("$99999999999999999999\r\n", .badNumber),
        ("$00000000000000000001\r\n", .badNumber), ("$9223372036854775807\r\n", .tooLarge),
        ("*2147483648\r\n", .tooManyElements), ("*1048577\r\n", .tooManyElements),
        ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", .tooDeep),
        ("$2\r\nabc\r\n", .missingLineEnd), ("$2\r\nab\rx", .missingLineEnd), (":1\rx", .missingLineEnd),
        ("+a\nb\r\n", .missingLineEnd), ("+a\rb", .missingLineEnd),
    ])
    func malformedRepliesAreNamed(text: String, error: RedisProtocolError) {
        #expect(throws: error) { try read(text) }
    }

    @Test func eightArraysDeepIsRead() throws {
        let text = String(repeating: "*1\r\n", count: 8) + ":1\r\n"
        var expected = RedisReply.integer(1)
        for _ in 0..<8 { expected = .array([expected]) }
        #expect(try read(text) == [expected])
    }

    @Test func capsHoldForTheWholeReplyAndAreNewForEach() throws {
        var limits = RedisLimits()
        limits.maxReplyBytes = 100
        limits.maxReplyElements = 3
        limits.maxReplyLineBytes = 10
        #expect(try read("$80\r\n" + String(repeating: "x", count: 80) + "\r\n+a\r\n", limits: limits).count == 2)
        #expect(throws: RedisProtocolError.tooLarge) { try read("$101\r\n", limits: limits) }
        let half = "$40\r\n" + String(repeating: "x", count: 40) + "\r\n"
        #expect(throws: RedisProtocolError.tooLarge) { try read("*2\r\n" + half + half, limits: limits) }
        #expect(try read("*3\r\n:1\r\n:2\r\n:3\r\n*3\r\n:1\r\n:2\r\n:3\r\n", limits: limits).count == 2)
        #expect(throws: RedisProtocolError.tooManyElements) { try read("*2\r\n*2\r\n", limits: limits) }
        #expect(throws: RedisProtocolError.lineTooLong) { try read("+12345678901", limits: limits) }
    }

    /// Garbage is refused or waits for more; it does not trap.
    @Test func randomBytesAreNoTrap() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("*$:+-0123456789\r\n\r\nab".utf8) + [0, 255]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...40)).map { _ in alphabet.randomElement(using: &generator)! }
            let reader = ReplyReader(limits: RedisLimits())
            do {
                unsafe try reader.feed(bytes.span.bytes)
                _ = try replies(reader)
            } catch {
                #expect(error is RedisProtocolError)
            }
        }
    }
}
