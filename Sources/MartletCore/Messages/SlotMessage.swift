/// Names a session across the cluster: the edge's incarnation, and the id that this edge gave it.
public struct SessionRef: Hashable, Sendable {
    public var edge: NodeID
    public var edgeIncarnation: UInt64
    /// Unique within the edge's incarnation.
    public var id: UInt64

    public init(edge: NodeID, edgeIncarnation: UInt64, id: UInt64) {
        self.edge = edge
        self.edgeIncarnation = edgeIncarnation
        self.id = id
    }
}

/// What limits apply to a session.
public enum Tier: String, Sendable, CaseIterable { case free, paid }

/// What an edge says when it attaches a session, the first time or again after the slot moved or a link broke.
public struct Attach: Hashable, Sendable {
    public var session: SessionRef
    public var user: Key
    public var device: DeviceID
    /// 0 at the first attach; then the number that the home gave.
    public var number: UInt64
    /// The log that the cursor belongs to; 0: none.
    public var generation: UInt64
    /// The highest seq that the client acknowledged, or brought in `hello`.
    public var cursor: Offset
    /// At a repeated attach: entries up to here were written to the client.
    public var pushedUpTo: Offset
    /// At a repeated attach: whether it was live.
    public var live: Bool
    public var tier: Tier
    /// Milliseconds since 1970: since when the connection is there.
    public var since: Int64

    public init(
        session: SessionRef, user: Key, device: DeviceID, number: UInt64 = 0, generation: UInt64 = 0,
        cursor: Offset = 0, pushedUpTo: Offset = 0, live: Bool = false, tier: Tier = .free, since: Int64 = 0
    ) {
        self.session = session
        self.user = user
        self.device = device
        self.number = number
        self.generation = generation
        self.cursor = cursor
        self.pushedUpTo = pushedUpTo
        self.live = live
        self.tier = tier
        self.since = since
    }
}

/// How far a recipient is in one conversation, in the sender's seqs.
public struct ReceiptNote: Hashable, Sendable {
    /// The sender, whose mailbox the seqs are of.
    public var to: Key
    /// The recipient.
    public var from: Key
    public var received: Offset
    public var read: Offset

    public init(to: Key, from: Key, received: Offset, read: Offset) {
        self.to = to
        self.from = from
        self.received = received
        self.read = read
    }
}

/// What is said to the owner of a slot, whoever that is when it arrives. Transient: nothing durable rests on it.
public enum SlotMessage: Equatable, Sendable {
    case attach(Attach)
    /// A frame of an attached session; `request` counts a session's frames at its edge, 1, 2, 3…
    case request(session: SessionRef, user: Key, request: UInt64, ClientEnvelope)
    case detach(session: SessionRef, user: Key)
    case signal(from: Key, to: Key, type: String, content: Content?)
    /// The slot `target` has decided all that this slot derived for it, up to `upTo`. (Rule 6)
    case acknowledged(target: Slot, upTo: UInt64)
    /// From the owner of slot `source`; answered by `receiptsStored` when they are in the store.
    case receipts(source: Slot, [ReceiptNote])
    case receiptsStored(target: Slot, [ReceiptNote])
}

/// What the home tells the edge about a session that it attached.
public struct Attached: Equatable, Sendable {
    public var number: UInt64
    public var generation: UInt64
    public var cursor: Offset
    public var resync: Bool
    public var head: Offset
    public var live: Bool
    public var lastClientSequence: ClientSequence
    public var rejectedClientSequences: [ClientSequence]

    public init(
        number: UInt64, generation: UInt64, cursor: Offset, resync: Bool, head: Offset, live: Bool,
        lastClientSequence: ClientSequence, rejectedClientSequences: [ClientSequence]
    ) {
        self.number = number
        self.generation = generation
        self.cursor = cursor
        self.resync = resync
        self.head = head
        self.live = live
        self.lastClientSequence = lastClientSequence
        self.rejectedClientSequences = rejectedClientSequences
    }
}

/// Which of the frames that the edge holds for an answer this one settles.
public enum Settles: Hashable, Sendable {
    case nothing
    case request(UInt64)
    case send(ClientSequence)
}

/// What is said to sessions of one edge.
public enum EdgeMessage: Equatable, Sendable {
    case attached(session: UInt64, Attached)
    /// The attach or a request came to the wrong home, or cannot be served now: find the home again, after a while.
    case notHome(session: UInt64)
    /// One encoded server envelope for each of `sessions`. `pushedUpTo`: seq of the last entry in it, 0: none;
    /// `live`: the session is live after it.
    case deliver(sessions: [UInt64], frame: [UInt8], settles: Settles, pushedUpTo: Offset, live: Bool)
    case close(sessions: [UInt64], code: ErrorCode, reason: String)
}
