/// Writes WebSocket frames (RFC 6455), appended to what the caller owns. Only a client gives a mask.
public enum WebSocketWriter {
    /// Writes the header of a final frame. `mask`: its four bytes as a big-endian number.
    public static func appendHeader(
        opcode: WebSocketOpcode, payloadLength: Int, mask: UInt32? = nil, into out: inout [UInt8]
    ) {
        out.append(0x80 | opcode.rawValue)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        switch payloadLength {
        case ..<126: out.append(maskBit | UInt8(payloadLength))
        case ..<65536:
            out.append(maskBit | 126)
            appendBigEndian(UInt64(payloadLength), bytes: 2, into: &out)
        default:
            out.append(maskBit | 127)
            appendBigEndian(UInt64(payloadLength), bytes: 8, into: &out)
        }
        if let mask { appendBigEndian(UInt64(mask), bytes: 4, into: &out) }
    }

    /// Writes a whole frame, masked if there is a mask.
    public static func appendFrame(
        opcode: WebSocketOpcode, payload: Span<UInt8>, mask: UInt32? = nil, into out: inout [UInt8]
    ) {
        appendHeader(opcode: opcode, payloadLength: payload.count, mask: mask, into: &out)
        let start = out.count
        out.append(payload)
        if let mask { apply(mask, to: &out, from: start) }
    }

    /// Begins an unmasked frame whose payload is appended next; `endFrame` gets what this answers.
    public static func beginFrame(into out: inout [UInt8]) -> Int {
        out.append(0)
        out.append(0)
        return out.count
    }

    /// Ends the frame whose payload begins at `start`. A payload of 126 bytes or more moves up for a longer header.
    public static func endFrame(opcode: WebSocketOpcode, start: Int, into out: inout [UInt8]) {
        let length = out.count - start
        let lengthBytes = length < 126 ? 0 : length < 65536 ? 2 : 8
        if lengthBytes > 0 { out.insert(contentsOf: repeatElement(0, count: lengthBytes), at: start) }
        out[start - 2] = 0x80 | opcode.rawValue
        out[start - 1] = lengthBytes == 0 ? UInt8(length) : lengthBytes == 2 ? 126 : 127
        for i in 0..<lengthBytes {
            out[start + i] = UInt8(truncatingIfNeeded: length >> (8 * (lengthBytes - 1 - i)))
        }
    }

    /// Writes a close frame. A reason that does not fit (123 bytes) is cut between characters.
    public static func appendClose(code: UInt16, reason: String, mask: UInt32? = nil, into out: inout [UInt8]) {
        var text = reason
        while text.utf8.count > 123 { text.removeLast() }
        let payload = [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(text.utf8)
        appendFrame(opcode: .close, payload: payload.span, mask: mask, into: &out)
    }

    private static func apply(_ mask: UInt32, to out: inout [UInt8], from start: Int) {
        var bytes = out.mutableSpan
        var raw = unsafe bytes.mutableBytes
        let end = raw.byteCount
        WebSocketMask.apply(mask, to: &raw, start..<end)
    }

    private static func appendBigEndian(_ value: UInt64, bytes: Int, into out: inout [UInt8]) {
        for i in (0..<bytes).reversed() { out.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
    }
}
