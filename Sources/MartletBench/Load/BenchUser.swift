internal import MartletCore
internal import MartletIO
internal import MartletProtocol

/// One user of the generator: a connection, what it sends and what it expects.
struct BenchUser {
    enum Phase: UInt8 { case absent, connecting, handshake, hello, ready, lost }

    /// Messages of one sender under way at most, paced or not; what the server allows a device.
    static let window: UInt64 = 64

    var phase = Phase.absent
    /// Its unanswered messages will be sent again.
    var isRetrying = false
    var stream: StreamID?
    var handshake: ClientHandshake?
    var parser = WebSocketParser(role: .client, maxMessageBytes: 1 << 22)
    /// The encoded frame of a relayed signal; the payload is its end.
    var template: [UInt8] = []
    /// Numbers given out; those above `sent` wait for their turn.
    var issued: UInt64 = 0
    var sent: UInt64 = 0
    var accepted: UInt64 = 0
    /// Of its own messages, how many have reached their recipient.
    var delivered: UInt64 = 0
    /// The number that its own sender's next message will have.
    var expected: UInt64 = 1
    /// The last seq of its mailbox that it saw.
    var seq: Offset = 0
    /// Entries that were pushed and not acknowledged.
    var unacknowledged = 0
    /// When each message under way was due, by number modulo the window.
    var dueAt: [UInt64] = []
}
