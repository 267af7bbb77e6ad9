/// What a server answered (RESP2).
public enum RedisReply: Sendable, Hashable {
    /// A bulk string.
    case bytes([UInt8])
    case integer(Int64)
    case array([RedisReply])
    /// A null bulk string or a null array.
    case null
    /// A simple string, such as `OK`.
    case status(String)
    /// An error inside an array. One that is the whole answer comes as `RedisError.server`.
    case error(String)
}
