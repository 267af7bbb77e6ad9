/// Why a stream ended.
public enum StreamCloseReason: Sendable, Equatable {
    /// `close` or `reset` was called, or the loop is stopping.
    case local
    /// The peer said that it sends no more; what had been gathered for it was written first.
    case endOfFile
    /// The peer reset the connection.
    case reset
    /// A negative libuv error number.
    case error(Int32)
    /// Input that the handler did not consume, or output that the peer did not take, exceeded its limit.
    case overflow
}

/// What became of bytes given to a stream.
public enum WriteOutcome: Sendable, Equatable {
    case gathered
    /// Gathered, and the stream now holds more than the high mark: `drained` will say when it is below the low one.
    case aboveHighMark
    /// The stream is closed or closing; the bytes were dropped.
    case gone
}
