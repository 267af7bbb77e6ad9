/// What a client says. The values; `MartletProtocol` holds both encodings.
public enum ClientFrame: Equatable, Sendable {
    case hello(Hello)
    case send(Send)
    case signal(Signal)
    case ack(Ack)
    case read(Read)
    case sync(Sync)
    case conversations(ConversationsRequest)
    case history(HistoryRequest)
    case presence(PresenceRequest)
    case renew(Renew)
    case ping(Ping)
}

/// A frame and the number that its answer echoes.
public struct ClientEnvelope: Equatable, Sendable {
    public var ref: UInt64?
    public var frame: ClientFrame

    public init(ref: UInt64? = nil, _ frame: ClientFrame) {
        self.ref = ref
        self.frame = frame
    }
}

public struct Hello: Equatable, Sendable {
    /// Empty where the token came in the `Authorization` header.
    public var token = ""
    public var device = ""
    /// The log's identity as the client last saw it; 0: none.
    public var generation: UInt64 = 0
    /// Everything up to here is shown; 0: nothing yet.
    public var cursor: Offset = 0
    /// Whether it may be sent to its home by `reconnect`.
    public var followsRedirects = false
    public init() {}
}

/// A message body as frames carry it: text or bytes under a content type.
public struct Content: Equatable, Sendable {
    public enum Value: Equatable, Sendable { case text(String), bytes([UInt8]) }
    /// A media type; empty means `text/plain`.
    public var contentType = ""
    public var value: Value?
    public init() {}
    public init(text: String) { value = .text(text) }
}

public struct Header: Equatable, Sendable {
    public var name = ""
    public var value = ""
    public init() {}
}

/// The fields that `Send` and `Entry` share by number; encoded they are `MessageContent.body`.
public struct MessageBody: Equatable, Sendable {
    public var content: Content?
    public var headers: [Header] = []
    public init() {}
}

public struct Send: Equatable, Sendable {
    public var clientSequence: ClientSequence = 0
    public var to: Peer
    public var type: EntryType = .message
    public var target: Target?
    public var expiresAt: Int64 = 0
    public var body = MessageBody()
    public init(to: Peer) { self.to = to }
}

public struct Signal: Equatable, Sendable {
    public var to: Peer
    public var type = ""
    public var content: Content?
    public init(to: Peer) { self.to = to }
}

public struct Ack: Equatable, Sendable {
    public var seq: Offset = 0
    public init() {}
}

public struct Read: Equatable, Sendable {
    public var conversation: Peer
    public var seq: Offset = 0
    public init(conversation: Peer) { self.conversation = conversation }
}

public struct Sync: Equatable, Sendable {
    public var after: Offset = 0
    /// 0: the server's page size.
    public var limit = 0
    public init() {}
}

public struct ConversationsRequest: Equatable, Sendable {
    /// Those with `lastSeq` below this, newest first; 0: from the newest.
    public var before: Offset = 0
    public var limit = 0
    public init() {}
}

public struct HistoryRequest: Equatable, Sendable {
    public var conversation: Peer
    /// Entries below this seq, newest first; 0: from the newest.
    public var before: Offset = 0
    public var limit = 0
    public init(conversation: Peer) { self.conversation = conversation }
}

public struct PresenceRequest: Equatable, Sendable {
    public var query: [Key] = []
    public var subscribe: [Key] = []
    public var unsubscribe: [Key] = []
    public init() {}
}

public struct Renew: Equatable, Sendable {
    public var token = ""
    public init() {}
}

public struct Ping: Equatable, Sendable {
    public init() {}
}
