import Testing

@testable import MartletProtocol

/// Feeds a parser as a connection would: what is behind the offset is kept.
struct Feed {
    var parser: WebSocketParser
    var held: [UInt8] = []
    var events: [Said] = []

    /// An event without ranges.
    enum Said: Equatable {
        case message(WebSocketEvent.Kind, [UInt8])
        case ping([UInt8])
        case pong([UInt8])
        case close(UInt16?, [UInt8])
        case failed(WebSocketError)
    }

    init(_ role: WebSocketParser.Role = .server, maxMessageBytes: Int = 70_000) {
        parser = WebSocketParser(role: role, maxMessageBytes: maxMessageBytes)
    }

    mutating func take(_ bytes: [UInt8]) {
        held += bytes
        var found: [WebSocketEvent] = []
        var offset = 0
        var (parser, buffer) = (parser, held)
        var span = buffer.mutableSpan
        var raw = unsafe span.mutableBytes
        while let event = parser.next(in: &raw, from: &offset) { found.append(event) }
        (self.parser, held) = (parser, buffer)
        for event in found { events.append(said(event)) }
        held.removeFirst(offset)
    }

    private func said(_ event: WebSocketEvent) -> Said {
        switch event {
        case .message(let kind, let range): .message(kind, Array(held[range]))
        case .assembled(let kind, let bytes): .message(kind, bytes)
        case .ping(let range): .ping(Array(held[range]))
        case .pong(let range): .pong(Array(held[range]))
        case .close(let code, let range): .close(code, Array(held[range]))
        case .failed(let error): .failed(error)
        }
    }

    static func events(_ bytes: [UInt8], _ role: WebSocketParser.Role = .server) -> [Said] {
        var feed = Feed(role)
        feed.take(bytes)
        return feed.events
    }
}

/// Builds frames by hand, wrong ones too.
func frame(
    _ opcode: UInt8, _ payload: [UInt8] = [], final: Bool = true, reserved: UInt8 = 0, mask: [UInt8]? = [1, 2, 3, 4]
) -> [UInt8] {
    var out = [(final ? 0x80 : 0) | reserved << 4 | opcode]
    let bit: UInt8 = mask == nil ? 0 : 0x80
    switch payload.count {
    case ..<126: out.append(bit | UInt8(payload.count))
    case ..<65536: out += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: out += [bit | 127, 0, 0, 0, 0, 0] + [16, 8, 0].map { UInt8(payload.count >> $0 & 255) }
    }
    guard let mask else { return out + payload }
    return out + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

@Suite struct WebSocketParsing {
    @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536]) func messagesOfAllLengths(_ length: Int) {
        let text = [UInt8](repeating: 0x61, count: length)
        for mask: [UInt8] in [[0, 0, 0, 0], [1, 2, 3, 4], [255, 0, 128, 7]] {
            #expect(Feed.events(frame(1, text, mask: mask)) == [.message(.text, text)])
            #expect(Feed.events(frame(2, text, mask: mask)) == [.message(.binary, text)])
        }
        #expect(Feed.events(frame(2, text, mask: nil), .client) == [.message(.binary, text)])
    }

    /// A conversation with everything in it, cut at every byte, and byte by byte.
    @Test func cutAnywhere() {
        let accents = Array("\u{E9}\u{4F60}\u{1F600}".utf8)
        let bytes =
            frame(1, accents) + frame(9, [1, 2]) + frame(1, Array(accents[..<3]), final: false) + frame(9)
            + frame(0, Array(accents[3..<6]), final: false) + frame(10, [3]) + frame(0, Array(accents[6...]))
            + frame(2, [UInt8](repeating: 7, count: 200)) + frame(2, [], final: false) + frame(0)
            + frame(8, [3, 232, 0x61])
        let expected: [Feed.Said] = [
            .message(.text, accents), .ping([1, 2]), .ping([]), .pong([3]), .message(.text, accents),
            .message(.binary, [UInt8](repeating: 7, count: 200)), .message(.binary, []), .close(1000, [0x61]),
        ]
        #expect(Feed.events(bytes) == expected)
        for cut in bytes.indices {
            var feed = Feed()
            feed.take(Array(bytes[..<cut]))
            feed.take(Array(bytes[cut...]))
            #expect(feed.events == expected)
            #expect(feed.held.isEmpty)
        }
        var feed = Feed()
        for byte in bytes { feed.take([byte]) }
        #expect(feed.events == expected)
    }

    @Test(
        arguments: [
            (frame(1, mask: nil), .unmaskedFrame),
            (frame(1, reserved: 4), .reservedBits),
            (frame(9, reserved: 1), .reservedBits),
            (frame(3), .unknownOpcode),
            (frame(7), .unknownOpcode),
            (frame(11), .unknownOpcode),
            (frame(15), .unknownOpcode),
            ([0x81, 0x80 | 126, 0, 125], .lengthNotMinimal),
            ([0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 255, 255], .lengthNotMinimal),
            ([0x81, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0], .lengthHighBit),
            ([0x89, 0x80 | 126], .longControlFrame),
            ([0x88, 0x80 | 127], .longControlFrame),
            (frame(9, final: false), .fragmentedControlFrame),
            (frame(8, final: false), .fragmentedControlFrame),
            (frame(0), .unexpectedContinuation),
            (frame(0, final: false), .unexpectedContinuation),
            (frame(1, final: false) + frame(1), .expectedContinuation),
            (frame(1, final: false) + frame(2, final: false), .expectedContinuation),
            (frame(1, final: false) + frame(0) + frame(0), .unexpectedContinuation),
            (frame(8, [3]), .badClosePayload),
            (frame(8, [3, 232, 0xFF]), .badUTF8),
            (frame(1, [0xFF]), .badUTF8),
            (frame(1, [0xC3]), .badUTF8),
            (frame(1, [0xC3], final: false) + frame(0, [0xC3], final: false), .badUTF8),
            (frame(1, [0xC3], final: false) + frame(0), .badUTF8),
            (frame(1, [0xED], final: false) + frame(0, [0xA0], final: false), .badUTF8),
            ([0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0x11, 0x71], .messageTooLong),
            ([0x82, 0x80 | 127, 0x7F, 255, 255, 255, 255, 255, 255, 255], .messageTooLong),
            (
                frame(2, [UInt8](repeating: 0, count: 40_000), final: false)
                    + frame(0, [UInt8](repeating: 0, count: 30_001), final: false), .messageTooLong
            ),
        ] as [([UInt8], WebSocketError)]) func refusals(_ bytes: [UInt8], _ error: WebSocketError)
    {
        var feed = Feed()
        feed.take(bytes)
        #expect(feed.events.last == .failed(error))
        #expect(feed.parser.heldBytes == 0)
        let count = feed.events.count
        feed.take(frame(9))
        #expect(feed.events.count == count)
    }

    @Test func aServerDoesNotMask() {
        #expect(Feed.events(frame(1), .client) == [.failed(.maskedFrame)])
    }

    @Test func whatTwoBytesShowIsRefusedWithTwoBytes() {
        #expect(Feed.events([0x89, 0xFE]) == [.failed(.longControlFrame)])
        #expect(Feed.events([0x81, 0x05]) == [.failed(.unmaskedFrame)])
    }

    @Test func closeCodes() {
        for code in UInt16(0)...5100 {
            let valid = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
            let event = Feed.events(frame(8, [UInt8(code >> 8), UInt8(code & 255)])).first
            #expect(event == (valid ? .close(code, []) : .failed(.badCloseCode)))
        }
        #expect(Feed.events(frame(8)) == [.close(nil, [])])
        #expect(Feed.events(frame(8) + frame(9)) == [.close(nil, [])])
    }

    @Test func closeCodesOfFailures() {
        for error in WebSocketError.allCases {
            #expect(error.closeCode == (error == .badUTF8 ? 1007 : error == .messageTooLong ? 1009 : 1002))
            #expect((1...60).contains(error.reason.utf8.count))
        }
    }

    @Test func stateIsSmall() {
        #expect(MemoryLayout<WebSocketParser>.size <= 32)
    }

    @Test func randomBytesAreAnswered() {
        var random = SeededGenerator(state: 5)
        let good =
            frame(1, Array("hi".utf8)) + frame(1, [0x61], final: false) + frame(9) + frame(0, [0x62])
            + frame(8, [3, 232])
        for round in 0..<20_000 {
            let bytes = round % 3 == 0 ? random.bytes(round % 50) : random.damage(good)
            var feed = Feed(round % 2 == 0 ? .server : .client, maxMessageBytes: 64)
            let cut = bytes.isEmpty ? 0 : Int(random.next() % UInt64(bytes.count))
            feed.take(Array(bytes[..<cut]))
            feed.take(Array(bytes[cut...]))
            var whole = Feed(round % 2 == 0 ? .server : .client, maxMessageBytes: 64)
            whole.take(bytes)
            #expect(feed.events == whole.events)
            #expect(feed.parser.heldBytes <= 64)
        }
    }
}

@Suite struct WebSocketWriting {
    @Test(arguments: [0, 1, 125, 126, 65535, 65536]) func framesOfAllLengths(_ length: Int) {
        var random = SeededGenerator(state: UInt64(length))
        let payload = random.bytes(length)
        var plain: [UInt8] = []
        WebSocketWriter.appendFrame(opcode: .binary, payload: payload.span, into: &plain)
        #expect(plain == frame(2, payload, mask: nil))
        var masked: [UInt8] = [9]
        WebSocketWriter.appendFrame(opcode: .binary, payload: payload.span, mask: 0x0102_03FF, into: &masked)
        #expect(Array(masked.dropFirst()) == frame(2, payload, mask: [1, 2, 3, 255]))
        var begun: [UInt8] = [9]
        let start = WebSocketWriter.beginFrame(into: &begun)
        begun += payload
        WebSocketWriter.endFrame(opcode: .binary, start: start, into: &begun)
        #expect(Array(begun.dropFirst()) == plain)
    }

    @Test func closeReasonsFit() {
        var out: [UInt8] = []
        WebSocketWriter.appendClose(code: 4001, reason: String(repeating: "\u{E9}", count: 200), mask: 7, into: &out)
        #expect(Feed.events(out) == [.close(4001, Array(String(repeating: "\u{E9}", count: 61).utf8))])
    }
}
