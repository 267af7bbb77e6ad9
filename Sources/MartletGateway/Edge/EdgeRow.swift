import MartletCore
import MartletIO
import MartletProtocol

/// One client connection at its edge, beside the stream's own row: flat, and reused with it.
struct EdgeRow {
    enum Phase: UInt8 {
        /// No connection has this row.
        case free
        /// The request head is awaited.
        case handshake
        /// Upgraded: WebSocket frames.
        case open
        /// A close frame was sent: only the client's own is waited for.
        case closing
        /// Nothing is read any more; what was written still goes out.
        case ending
    }

    var stream = StreamID(index: 0, generation: 0)
    var phase = Phase.free
    var encoding = FrameEncoding.json
    var parser: WebSocketParser
    var session: EdgeSession?
    /// Milliseconds, monotonic: when something last came from the client.
    var lastHeard: Int64 = 0
    /// The user's slot, once it is known, and whose it is.
    var slot: Slot?
    var home: HomeRef?
    var pauses: PauseReason = []
    /// Shared with the user's other sessions; nil until the first signal.
    var allowance: SignalAllowance?
    /// The token of the `Authorization` header, until `hello`.
    var bearer: [UInt8]?

    init(maxMessageBytes: Int) { parser = WebSocketParser(role: .server, maxMessageBytes: maxMessageBytes) }
}
