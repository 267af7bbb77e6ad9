/// What an edge is told once: who it is and what it allows.
public struct EdgeSettings: Sendable {
    public var node: NodeID
    public var incarnation: UInt64
    public var limits: Limits
    public var free: RateLimit
    public var paid: RateLimit

    public init(
        node: NodeID, incarnation: UInt64, limits: Limits = Limits(), free: RateLimit = .free, paid: RateLimit = .paid
    ) {
        self.node = node
        self.incarnation = incarnation
        self.limits = limits
        self.free = free
        self.paid = paid
    }

    func rate(_ tier: Tier) -> RateLimit { tier == .paid ? paid : free }
}

/// What a verified token says, as far as a session needs it.
public struct SessionClaims: Equatable, Sendable {
    public var user: Key
    /// Set: only this device may use the token.
    public var device: DeviceID?
    public var tier: Tier
    /// Milliseconds since 1970.
    public var expiresAt: Int64

    public init(user: Key, device: DeviceID? = nil, tier: Tier = .free, expiresAt: Int64 = .max) {
        self.user = user
        self.device = device
        self.tier = tier
        self.expiresAt = expiresAt
    }
}

/// What an edge session tells its shell to do. The shell obeys in order.
public enum EdgeAction: Equatable, Sendable {
    /// To the owner of the user's slot.
    case forward(SlotMessage)
    /// To the owner of another user's slot, if the user's signals are within their limit; else dropped: a signal has no
    /// answer.
    case signal(SlotMessage, to: Key)
    case answer(ServerEnvelope)
    /// Ends the connection with a close frame.
    case close(ErrorCode, reason: String)
    /// Too much of this client waits for an answer: let TCP make it wait.
    case stopReading
    case resumeReading
    /// It waits for its home: call `tick` every few milliseconds, until `settled`.
    case waiting
    case settled
}

/// One client's connection at its edge, after the WebSocket handshake.
///
/// It outlives its home: while the user's slot moves, or a link is down, it keeps what the client sent and was not
/// answered (within limits), and when a home has attached it again, says it again, in order. Whatever the home had
/// done of it already, it recognises: a send by its client sequence, the rest may be done twice without harm.
///
///     awaitingHello --hello--> attaching --attached--> attached --notHome, homeChanged--> attaching ...
///
/// A value without clock and I/O. Idle it owns nothing but the two ids.
public struct EdgeSession: Sendable {
    enum Phase: UInt8, Sendable { case awaitingHello, attaching, attached, over }

    /// A frame that waits for its answer.
    struct Held: Sendable {
        var request: UInt64
        var envelope: ClientEnvelope
        var bytes: Int

        var sequence: ClientSequence? {
            if case .send(let send) = envelope.frame { send.clientSequence } else { nil }
        }
    }

    /// Milliseconds until an attach that was refused is tried again: first, and at most.
    static let firstRetry: Int64 = 10
    static let lastRetry: Int64 = 320
    /// An attach without an answer is said again after this long.
    static let attachTimeout: Int64 = 1_000
    /// How long a session outlives its token.
    public static let expiryGrace: Int64 = 30_000

    let id: UInt64
    var phase = Phase.awaitingHello
    var live = false
    var tier = Tier.free
    var isReadingStopped = false
    var retry: Int16 = Int16(EdgeSession.firstRetry)
    var claims: SessionClaims?
    var device: DeviceID?
    /// 0 until the home has given it.
    var number: UInt64 = 0
    var generation: UInt64 = 0
    /// The highest seq that the client acknowledged.
    var cursor: Offset = 0
    /// The cursor that its home was told last.
    var saidCursor: Offset = 0
    var pushedUpTo: Offset = 0
    var since: Int64
    var nextAttach: Int64 = 0
    var lastRequest: UInt64 = 0
    var helloRef: UInt64?
    var heldBytes = 0
    var held: [Held] = []
    var sends: TokenBucket

    /// `id`: unique at this edge and in this incarnation.
    public init(id: UInt64, now: Now) {
        self.id = id
        since = now.wall
        sends = TokenBucket(burst: 0, now: now)
    }

    /// A home has attached it at least once: the client was welcomed.
    public var isAttachedOnce: Bool { number != 0 }
    public var awaitsHello: Bool { phase == .awaitingHello }
    public var isAttached: Bool { phase == .attached }
    public var user: Key? { claims?.user }
    /// Empty before `hello`.
    public var userBytes: [UInt8] { claims?.user.bytes ?? [] }

    public func hasExpired(_ now: Now) -> Bool {
        guard let claims else { return false }
        return claims.expiresAt < now.wall && now.wall - claims.expiresAt > EdgeSession.expiryGrace
    }
}
