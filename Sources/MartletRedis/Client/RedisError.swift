/// Why a command has no reply.
public enum RedisError: Error, Sendable, Hashable {
    /// It was not carried out, and nobody will.
    case unavailable(RedisUnavailability)
    /// It was sent and its answer is missing: it may have been carried out, or be carried out yet.
    case unknown(RedisLoss)
    /// The server refused it. The text begins with a code, as `WRONGTYPE` or `OOM`.
    case server(String)
    /// The client was stopped before it sent the command.
    case closed

    /// The first word of the server's refusal.
    public var serverCode: Substring? {
        guard case .server(let message) = self else { return nil }
        return message.prefix { $0 != " " }
    }
}

public enum RedisUnavailability: Sendable, Hashable {
    /// No connection within the command's time.
    case notConnected
    /// The connection has `maxCommandsPerConnection` or `maxBytesPerConnection` to do.
    case overloaded
    /// The servers passed it on, or put it off, until its time was over or `maxResends` was reached.
    case notServed(String)
    /// The server is one that this client does not work with.
    case refused(RedisRefusal)
}

public enum RedisLoss: Sendable, Hashable {
    case timedOut
    case connectionLost(String)
    /// The server sent what is no reply, or one beyond the caps.
    case malformedReply(RedisProtocolError)
    /// The client was stopped while the command was under way.
    case stopped
}

/// What a reply may not be.
public enum RedisProtocolError: Error, Sendable, Hashable {
    case unknownType(UInt8)
    case badNumber
    case badLength
    case missingLineEnd
    case lineTooLong
    case tooDeep
    case tooManyElements
    case tooLarge
    /// A reply that nobody asked for.
    case unexpectedReply
    /// hiredis's own finding.
    case unreadable(String)
}
