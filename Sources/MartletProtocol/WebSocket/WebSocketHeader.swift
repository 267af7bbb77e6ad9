/// The header of one frame (RFC 6455, section 5.2).
struct WebSocketHeader: Equatable {
    var opcode: WebSocketOpcode
    var isFinal: Bool
    var isMasked: Bool
    /// Bytes of the header, the mask included; the mask is its last four.
    var headerBytes: Int
    var payloadBytes: Int

    enum Reading: Equatable {
        case incomplete
        case header(WebSocketHeader)
        case failed(WebSocketError)
    }

    /// Reads the header at `offset`. What two bytes show to be wrong is refused with two bytes.
    static func read(_ bytes: borrowing MutableRawSpan, at offset: Int, fromClient: Bool) -> Reading {
        guard bytes.byteCount - offset >= 2 else { return .incomplete }
        let first = bytes.byte(at: offset)
        let second = bytes.byte(at: offset + 1)
        if first & 0x70 != 0 { return .failed(.reservedBits) }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { return .failed(.unknownOpcode) }
        var header = WebSocketHeader(
            opcode: opcode, isFinal: first & 0x80 != 0, isMasked: second & 0x80 != 0, headerBytes: 2,
            payloadBytes: Int(second & 0x7F))
        if header.isMasked != fromClient { return .failed(fromClient ? .unmaskedFrame : .maskedFrame) }
        if opcode.isControl && !header.isFinal { return .failed(.fragmentedControlFrame) }
        if opcode.isControl && header.payloadBytes > 125 { return .failed(.longControlFrame) }
        return header.readLength(bytes, at: offset + 2)
    }

    /// Reads the longer forms of the length: 16 bits behind 126, 64 bits behind 127, never where a shorter one does.
    private mutating func readLength(_ bytes: borrowing MutableRawSpan, at offset: Int) -> Reading {
        let lengthBytes = payloadBytes == 127 ? 8 : payloadBytes == 126 ? 2 : 0
        headerBytes += lengthBytes + (isMasked ? 4 : 0)
        guard lengthBytes > 0 else { return .header(self) }
        guard bytes.byteCount - offset >= lengthBytes else { return .incomplete }
        var length: UInt64 = 0
        for i in 0..<lengthBytes { length = length << 8 | UInt64(bytes.byte(at: offset + i)) }
        if length >> 63 != 0 { return .failed(.lengthHighBit) }
        if length < (lengthBytes == 2 ? 126 : 65536) { return .failed(.lengthNotMinimal) }
        payloadBytes = Int(truncatingIfNeeded: length)
        return .header(self)
    }
}
