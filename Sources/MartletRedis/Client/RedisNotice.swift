/// What a subscriber hears. Hints only: messages that were published while the connection was away are lost.
public enum RedisNotice: Sendable, Hashable {
    /// From now on messages arrive; before it, again after each lost connection, some may have been missed.
    case subscribed
    case message([UInt8])
}
