import MartletCore

/// What other threads tell the log's loop.
enum KafkaMessage: Sendable {
    /// A request lies on the desk.
    case next(ReaderID, Slot, from: Offset, ReaderDesk)
    case cancel(ReaderID)
    /// The bounds that a reader needs.
    case bounds(ReaderID, Result<LogBounds, PortError>)
    /// A call that was answered before it began.
    case refused(AppendCall)
    case allowTrim(Slot, before: Offset)
    case trimNow(retentionMilliseconds: Int64, done: @Sendable () -> Void)
    /// Readers end, so that nothing of librdkafka's is held.
    case closeReaders(done: @Sendable () -> Void)
}
