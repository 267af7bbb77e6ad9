/// What a peer said on a WebSocket connection. Ranges are into the buffer that was parsed, unmasked in place.
public enum WebSocketEvent: Equatable, Sendable {
    public enum Kind: Sendable, Equatable { case text, binary }

    /// A whole message in one frame. Text is valid UTF-8.
    case message(Kind, Range<Int>)
    /// A whole message that came in fragments.
    case assembled(Kind, [UInt8])
    case ping(Range<Int>)
    case pong(Range<Int>)
    /// The peer closes. No code: it gave none (1005). Nothing comes behind it.
    case close(code: UInt16?, reason: Range<Int>)
    /// The peer broke the protocol or a limit: send a close frame with this code and give up. Nothing comes behind it.
    case failed(WebSocketError)
}

/// Why a connection is failed, each with its close code (RFC 6455, section 7.4.1).
public enum WebSocketError: Error, Equatable, Sendable, CaseIterable {
    case unmaskedFrame
    case maskedFrame
    case reservedBits
    case unknownOpcode
    case lengthNotMinimal
    case lengthHighBit
    case longControlFrame
    case fragmentedControlFrame
    case unexpectedContinuation
    case expectedContinuation
    case badClosePayload
    case badCloseCode
    case badUTF8
    case messageTooLong

    public var closeCode: UInt16 {
        switch self {
        case .badUTF8: 1007
        case .messageTooLong: 1009
        default: 1002
        }
    }

    /// For the close frame's reason: short, and the same for ever.
    public var reason: String {
        switch self {
        case .unmaskedFrame: "frame is not masked"
        case .maskedFrame: "frame is masked"
        case .reservedBits: "reserved bits"
        case .unknownOpcode: "unknown opcode"
        case .lengthNotMinimal: "length is not minimal"
        case .lengthHighBit: "length above 2^63"
        case .longControlFrame: "control frame too long"
        case .fragmentedControlFrame: "control frame in fragments"
        case .unexpectedContinuation: "nothing to continue"
        case .expectedContinuation: "message is not finished"
        case .badClosePayload: "bad close payload"
        case .badCloseCode: "bad close code"
        case .badUTF8: "bad UTF-8"
        case .messageTooLong: "message too long"
        }
    }
}
