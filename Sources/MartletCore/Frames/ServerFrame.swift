/// What a gateway says to a client. The values; `MartletProtocol` holds both encodings.
public enum ServerFrame: Equatable, Sendable {
    case welcome(Welcome)
    case accepted(Accepted)
    case rejected(RejectedFrame)
    case messages(Messages)
    case behind(Behind)
    case synced(Synced)
    case conversations(Conversations)
    case history(History)
    case receipt(Receipt)
    case presence(PresenceFrame)
    case signal(IncomingSignal)
    case reconnect(Reconnect)
    case pong(Pong)
    case error(ErrorFrame)
}

public struct ServerEnvelope: Equatable, Sendable {
    public var ref: UInt64?
    public var frame: ServerFrame

    public init(ref: UInt64? = nil, _ frame: ServerFrame) {
        self.ref = ref
        self.frame = frame
    }
}

public struct Welcome: Equatable, Sendable {
    public var user: Key
    public var device = ""
    /// The session's number: the larger is the newer.
    public var session: UInt64 = 0
    /// The edge that answers, and the home of this user now.
    public var node = ""
    public var home = ""
    public var generation: UInt64 = 0
    /// From where the session goes on; pushes begin behind it.
    public var cursor: Offset = 0
    /// The client's cursor is of another log, or beyond this one's end: drop what is known and sync from `cursor`.
    public var resync = false
    /// The mailbox's last seq.
    public var head: Offset = 0
    public var lastClientSequence: ClientSequence = 0
    /// Which of the last 64 numbers were rejected.
    public var rejectedClientSequences: [ClientSequence] = []
    public var heartbeatMilliseconds: Int64 = 0
    public var maxFrameBytes = 0
    public var maxContentBytes = 0
    /// Wall time of the server, milliseconds since 1970.
    public var time: Int64 = 0
    public init(user: Key) { self.user = user }
}

public struct Accepted: Equatable, Sendable {
    public var clientSequence: ClientSequence = 0
    public var id = MessageID(0)
    /// Position of the own copy; 0 where the answer is to a retry whose outcome is known but not its place.
    public var seq: Offset = 0
    /// The seq before it in the sender's mailbox; nil: not known (an answer to a retry).
    public var prev: Offset?
    public var time: Int64 = 0
    public init() {}
}

public struct RejectedFrame: Equatable, Sendable {
    public var clientSequence: ClientSequence = 0
    public var code: ErrorCode = .invalid
    public var reason = ""
    /// With `outOfOrder`: the number that is expected.
    public var expected: ClientSequence = 0
    public var retryAfterMilliseconds: Int64 = 0
    public init() {}
}

/// An entry as frames carry it: `body` is spliced between the other fields.
public typealias EntryFrame = Entry

public struct Messages: Equatable, Sendable {
    public var entries: [EntryFrame] = []
    public init() {}
}

public struct Behind: Equatable, Sendable {
    public var head: Offset = 0
    public init() {}
}

public struct Synced: Equatable, Sendable {
    public var entries: [EntryFrame] = []
    /// Every conversation state that changed since the request's `after`.
    public var conversations: [ConversationState] = []
    /// The next page begins after this.
    public var upTo: Offset = 0
    /// Entries up to here were removed by retention; greater than the request's `after`: something is missing.
    public var floor: Offset = 0
    /// This was the last page, and pushes go on from `upTo`.
    public var live = false
    public init() {}
}

public struct Conversations: Equatable, Sendable {
    public var conversations: [ConversationState] = []
    /// More behind the last one.
    public var more = false
    public init() {}
}

public struct History: Equatable, Sendable {
    public var conversation: Peer
    /// Newest first.
    public var entries: [EntryFrame] = []
    public var more = false
    public init(conversation: Peer) { self.conversation = conversation }
}

/// A changed conversation: the other side received or read, or an own device read.
public struct Receipt: Equatable, Sendable {
    public var conversation: ConversationState
    public init(conversation: ConversationState) { self.conversation = conversation }
}

/// One device's presence with its evidence (design, guarantee 8).
public struct DevicePresence: Equatable, Sendable {
    public enum State: UInt8, Sendable { case offline = 0, online = 1, unknown = 2 }
    public var device = ""
    public var state: State = .offline
    public var edge = ""
    public var home = ""
    public var epoch: Epoch = 0
    public var leaseAgeMilliseconds: Int64 = 0
    /// Milliseconds since 1970: since when it is in this state, and when it was last seen.
    public var since: Int64 = 0
    public var lastSeen: Int64 = 0
    public init() {}
}

public struct UserPresence: Equatable, Sendable {
    public var user: Key
    public var state: DevicePresence.State = .offline
    public var lastSeen: Int64 = 0
    public var asOf: Int64 = 0
    public var devices: [DevicePresence] = []
    public init(user: Key) { self.user = user }
}

public struct PresenceFrame: Equatable, Sendable {
    public var users: [UserPresence] = []
    public init() {}
}

public struct IncomingSignal: Equatable, Sendable {
    public var from: Key
    public var type = ""
    public var content: Content?
    public init(from: Key) { self.from = from }
}

public struct Reconnect: Equatable, Sendable {
    /// Host and port to go to; empty: any.
    public var address = ""
    public var afterMilliseconds: Int64 = 0
    public init() {}
}

public struct Pong: Equatable, Sendable {
    public var time: Int64 = 0
    public init() {}
}

public struct ErrorFrame: Equatable, Sendable {
    public var code: ErrorCode = .internal
    public var reason = ""
    public var retryAfterMilliseconds: Int64 = 0
    public init() {}
}
