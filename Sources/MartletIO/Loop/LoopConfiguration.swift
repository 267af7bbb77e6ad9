/// Every bound of a loop. Bytes, counts, milliseconds.
public struct LoopConfiguration: Sendable {
    public var tickMilliseconds: UInt64 = 100
    /// Streams at once, connecting and closing ones included; further ones are refused with a reset.
    public var maxConnections = 100_000
    /// Input that a stream may keep unconsumed. At least the largest frame with its header.
    public var maxHeldBytes = 80 * 1024
    /// Unsent output above which a stream reports itself full, and below which it reports `drained`.
    public var highMarkBytes = 256 * 1024
    public var lowMarkBytes = 64 * 1024
    /// Unsent output beyond which a stream is reset with `overflow`: its owner did not heed the high mark.
    public var maxOutputBytes = 4 * 1024 * 1024
    /// Output of all streams that is gathered before it is written out within an iteration.
    public var maxGatheredBytes = 1024 * 1024
    /// Messages that wait for the loop; beyond it `post` answers `full`, and only `postAlways` is taken.
    public var mailboxCapacity = 1 << 20
    public var readBufferBytes = 64 * 1024
    /// The kernel's send buffer per connection; 0 leaves it to the kernel, which lets it grow to megabytes.
    public var sendBufferBytes: Int32 = 0
    public var backlog: Int32 = 1024
    /// How long nothing is accepted after the process ran out of descriptors.
    public var acceptPauseMilliseconds: Int64 = 200
    public var connectTimeoutMilliseconds: Int64 = 5_000
    /// How long a closed stream may take to send what it holds and to see the peer's end.
    public var lingerMilliseconds: Int64 = 2_000
    /// How long `stop` waits for streams to end in order.
    public var stopMilliseconds: Int64 = 3_000

    public init() {}
}
