import MartletCore
import MartletIO
import MartletProtocol

@testable import MartletGateway

/// A client on a blocking socket: says what it is told, and hands out what comes, frame by frame.
final class TestClient {
    enum Event: Equatable {
        case frame(ServerEnvelope)
        case ping
        case pong([UInt8])
        case closed(code: UInt16?, reason: String)
        /// The connection ended without a close frame.
        case ended
        /// Nothing came for ten seconds.
        case silence
    }

    let socket: TestSocket
    let encoding: FrameEncoding
    private var parser = WebSocketParser(role: .client, maxMessageBytes: 1 << 22)
    private var buffer: [UInt8] = []
    private(set) var hasEnded = false
    private(set) var closeCode: UInt16?

    /// Connects and upgrades.
    init(
        port: Int, encoding: FrameEncoding = .proto, authorization: String? = nil, receiveBuffer: Int32? = nil,
        pipelined: [UInt8] = []
    ) throws {
        socket = try TestSocket(port: port, receiveBuffer: receiveBuffer)
        self.encoding = encoding
        let handshake = ClientHandshake(nonce: randomBytes(16), encoding: encoding)
        var request: [UInt8] = []
        handshake.appendRequest(host: "localhost", path: "/v1/ws", token: authorization, into: &request)
        socket.send(request + pipelined)
        while true {
            guard let more = socket.receiveSome(), !more.isEmpty else { throw Refused(answer: buffer) }
            buffer += more
            switch unsafe handshake.readResponse(buffer.span.bytes, limits: Limits()) {
            case .incomplete: continue
            case .accepted(let consumed):
                buffer.removeFirst(consumed)
                return
            case .refused: throw Refused(answer: buffer)
            }
        }
    }

    struct Refused: Error { var answer: [UInt8] }

    // MARK: out

    func say(_ frame: ClientFrame, ref: UInt64? = nil) { socket.send(TestClient.bytes(frame, ref: ref, encoding)) }

    static func bytes(_ frame: ClientFrame, ref: UInt64? = nil, _ encoding: FrameEncoding) -> [UInt8] {
        var payload: [UInt8] = []
        FrameCodec.encode(ClientEnvelope(ref: ref, frame), encoding, into: &payload)
        return wire(encoding == .proto ? .binary : .text, payload)
    }

    static func wire(_ opcode: WebSocketOpcode, _ payload: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        WebSocketWriter.appendFrame(opcode: opcode, payload: payload.span, mask: 0x01020304, into: &out)
        return out
    }

    func hello(token: String, device: String = "d", cursor: Offset = 0, generation: UInt64 = 0) {
        say(.hello(TestClient.hello(token: token, device: device, cursor: cursor, generation: generation)))
    }

    static func hello(token: String, device: String = "d", cursor: Offset = 0, generation: UInt64 = 0) -> Hello {
        var hello = Hello()
        hello.token = token
        hello.device = device
        hello.cursor = cursor
        hello.generation = generation
        return hello
    }

    func send(_ text: String, to user: String, _ sequence: ClientSequence) {
        var send = Send(to: Peer(.user, Key(user)!))
        send.clientSequence = sequence
        send.body.content = Content(text: text)
        say(.send(send))
    }

    func signal(_ text: String, to user: String) {
        var signal = Signal(to: Peer(.user, Key(user)!))
        signal.type = "typing"
        signal.content = Content(text: text)
        say(.signal(signal))
    }

    func ack(_ seq: Offset) {
        var ack = Ack()
        ack.seq = seq
        say(.ack(ack))
    }

    func ping(ref: UInt64) { say(.ping(Ping()), ref: ref) }

    // MARK: in

    /// The next event but pings, which are answered.
    func next() -> Event {
        while true {
            let event = nextRaw()
            guard event == .ping else { return event }
            socket.send(TestClient.wire(.pong, []))
        }
    }

    func nextRaw() -> Event {
        while true {
            if let event = parse() { return event }
            guard !hasEnded else { return .ended }
            guard let more = socket.receiveSome() else {
                hasEnded = socket.isReset
                return hasEnded ? .ended : .silence
            }
            if more.isEmpty { hasEnded = true } else { buffer += more }
        }
    }

    private func parse() -> Event? {
        var offset = 0
        defer { buffer.removeFirst(offset) }
        var span = buffer.mutableSpan
        var bytes = unsafe span.mutableBytes
        switch parser.next(in: &bytes, from: &offset) {
        case nil: return nil
        case .message(_, let range): return frame(bytes.bytes.extracting(range))
        case .assembled(_, let message): return unsafe frame(message.span.bytes)
        case .ping: return .ping
        case .pong(let range): return .pong(copy(bytes.bytes.extracting(range)))
        case .close(let code, let range):
            let reason = String(decoding: copy(bytes.bytes.extracting(range)), as: UTF8.self)
            closeCode = code
            return .closed(code: code, reason: reason)
        case .failed(let error): return .closed(code: nil, reason: "the server broke the protocol: \(error)")
        }
    }

    private func copy(_ bytes: RawSpan) -> [UInt8] {
        let span = Span<UInt8>(_bytes: bytes)
        return (0..<span.count).map { span[$0] }
    }

    private func frame(_ bytes: RawSpan) -> Event {
        do { return .frame(try FrameCodec.decodeServer(bytes, encoding)) } catch {
            return .closed(code: nil, reason: "not a frame: \(error)")
        }
    }

    /// Frames until one that `pick` takes; nil: the connection ended, or ten seconds of silence.
    func wait<Value>(for pick: (ServerFrame) -> Value?) -> Value? {
        while case .frame(let envelope) = next() {
            if let value = pick(envelope.frame) { return value }
        }
        return nil
    }

    func welcome() -> Welcome? { wait { if case .welcome(let it) = $0 { it } else { nil } } }

    /// Everything up to the answer to a `ping` of its own, which its edge answers at once.
    func untilPong(ref: UInt64) -> [ServerFrame] {
        ping(ref: ref)
        var frames: [ServerFrame] = []
        while case .frame(let envelope) = next() {
            if case .pong = envelope.frame, envelope.ref == ref { return frames }
            frames.append(envelope.frame)
        }
        return frames
    }
}
