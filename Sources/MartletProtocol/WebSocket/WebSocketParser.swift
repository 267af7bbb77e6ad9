/// Reads what one peer of a WebSocket connection sends (RFC 6455), strictly and in place.
///
/// It works on whole frames: the caller keeps what is behind `offset` and comes back with more. So its state is what
/// must outlive a frame: 24 bytes, and a message's fragments while half of one is there.
public struct WebSocketParser: Sendable {
    public enum Role: Sendable { case server, client }

    private enum State: UInt8 { case open, text, binary, closed }

    private var fragments: [UInt8] = []
    private let maxMessageBytes: UInt32
    private var validator = UTF8Validator()
    private var state = State.open
    private let role: Role

    public init(role: Role, maxMessageBytes: Int) {
        self.role = role
        self.maxMessageBytes = UInt32(clamping: maxMessageBytes)
    }

    /// The bytes that it holds for a message of which a part is missing.
    public var heldBytes: Int { fragments.count }

    /// The next event in `buffer` behind `offset`, which moves past it. Nil: there is no whole frame; none ever again
    /// behind a close or a failure. The payload is unmasked where it lies.
    public mutating func next(in buffer: inout MutableRawSpan, from offset: inout Int) -> WebSocketEvent? {
        while state != .closed {
            let header: WebSocketHeader
            switch WebSocketHeader.read(buffer, at: offset, fromClient: role == .server) {
            case .incomplete: return nil
            case .failed(let error): return fail(error)
            case .header(let read): header = read
            }
            if let error = refusal(of: header) { return fail(error) }
            guard buffer.byteCount - offset - header.headerBytes >= header.payloadBytes else { return nil }
            let start = offset + header.headerBytes
            let payload = start..<start + header.payloadBytes
            if header.isMasked { WebSocketMask.apply(buffer.key(at: start - 4), to: &buffer, payload) }
            offset = payload.upperBound
            if let event = take(header, buffer.bytes, payload) { return event }
        }
        return nil
    }

    /// What is wrong before the payload is there: the order of fragments, and the message's length.
    private func refusal(of header: WebSocketHeader) -> WebSocketError? {
        guard !header.opcode.isControl else { return nil }
        if header.opcode == .continuation && state == .open { return .unexpectedContinuation }
        if header.opcode != .continuation && state != .open { return .expectedContinuation }
        return header.payloadBytes > Int(maxMessageBytes) - fragments.count ? .messageTooLong : nil
    }

    /// Takes a whole frame. Nil: it was a fragment, and more is to come.
    private mutating func take(_ header: WebSocketHeader, _ bytes: RawSpan, _ payload: Range<Int>) -> WebSocketEvent? {
        let data = Span<UInt8>(_bytes: bytes.extracting(payload))
        switch header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        case .close: return close(data, payload)
        case .text, .binary:
            if header.isFinal { return whole(header.opcode, data, payload) }
            state = header.opcode == .text ? .text : .binary
            return fragment(data, isLast: false)
        case .continuation:
            return fragment(data, isLast: header.isFinal)
        }
    }

    private mutating func whole(_ opcode: WebSocketOpcode, _ data: Span<UInt8>, _ payload: Range<Int>) -> WebSocketEvent
    {
        guard opcode == .text else { return .message(.binary, payload) }
        return UTF8Validator.isValid(data) ? .message(.text, payload) : fail(.badUTF8)
    }

    private mutating func fragment(_ data: Span<UInt8>, isLast: Bool) -> WebSocketEvent? {
        if state == .text {
            guard validator.take(data), validator.isComplete || !isLast else { return fail(.badUTF8) }
        }
        fragments.append(data)
        guard isLast else { return nil }
        let message = WebSocketEvent.assembled(state == .text ? .text : .binary, fragments)
        fragments = []
        state = .open
        return message
    }

    private mutating func close(_ data: Span<UInt8>, _ payload: Range<Int>) -> WebSocketEvent {
        guard data.count != 1 else { return fail(.badClosePayload) }
        guard data.count > 1 else { return end(.close(code: nil, reason: payload)) }
        let code = UInt16(data[0]) << 8 | UInt16(data[1])
        guard WebSocketCloseCode.isValid(code) else { return fail(.badCloseCode) }
        guard UTF8Validator.isValid(data.extracting(2..<data.count)) else { return fail(.badUTF8) }
        return end(.close(code: code, reason: payload.dropFirst(2)))
    }

    private mutating func fail(_ error: WebSocketError) -> WebSocketEvent { end(.failed(error)) }

    private mutating func end(_ event: WebSocketEvent) -> WebSocketEvent {
        state = .closed
        fragments = []
        return event
    }
}

extension MutableRawSpan {
    /// A mask's four bytes as a big-endian number.
    fileprivate func key(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(byte(at: offset + $1)) }
    }
}
