/// What kind of entry a mailbox holds.
public enum EntryType: UInt8, Sendable, CaseIterable {
    case message = 1
    case edit = 2
    case delete = 3
    case reaction = 4
    case system = 5
}

/// The message that an edit, a delete or a reaction means. The id decides; the seq is its position in the mailbox of
/// whoever reads this, 0 where it is not known.
public struct Target: Hashable, Sendable {
    public var id: MessageID
    public var seq: Offset

    public init(id: MessageID, seq: Offset) {
        self.id = id
        self.seq = seq
    }
}

/// What a message says, as it passes through the cluster unread.
///
/// `body` is the protobuf encoding of the fields content and headers with the numbers they have in both `Send` and
/// `Entry` (martlet.proto says which), so it is spliced, never encoded again.
public struct MessageContent: Hashable, Sendable {
    public var type: EntryType
    public var target: Target?
    /// Milliseconds since 1970; 0: never. Applied on reading, never in a decision.
    public var expiresAt: Int64
    public var body: [UInt8]

    public init(type: EntryType, target: Target? = nil, expiresAt: Int64 = 0, body: [UInt8]) {
        self.type = type
        self.target = target
        self.expiresAt = expiresAt
        self.body = body
    }
}

/// One entry of a mailbox.
public struct Entry: Hashable, Sendable {
    /// Its offset in the mailbox owner's slot log.
    public var seq: Offset
    /// The seq before it in this mailbox; 0: it is the first; nil: not known yet, the store fills it in.
    public var prev: Offset?
    /// The seq before it in this mailbox and conversation; 0 and nil as in `prev`.
    public var prevInConversation: Offset?
    public var id: MessageID
    public var from: Key
    /// A back end that sent for `from`.
    public var actor: Key?
    /// The sending device and its number; only in the sender's own copies.
    public var origin: Origin?
    /// With whom, seen from the mailbox's owner.
    public var conversation: Peer
    public var content: MessageContent
    /// Milliseconds since 1970 at the sender's home.
    public var time: Int64
    /// The message's seq in the sender's mailbox: receipts are counted in it. 0 in the sender's own copy.
    public var sourceSeq: Offset

    public struct Origin: Hashable, Sendable {
        public var device: DeviceID
        public var clientSequence: ClientSequence

        public init(device: DeviceID, clientSequence: ClientSequence) {
            self.device = device
            self.clientSequence = clientSequence
        }
    }

    public init(
        seq: Offset, prev: Offset? = nil, prevInConversation: Offset? = nil, id: MessageID, from: Key,
        actor: Key? = nil, origin: Origin? = nil, conversation: Peer, content: MessageContent, time: Int64,
        sourceSeq: Offset = 0
    ) {
        self.seq = seq
        self.prev = prev
        self.prevInConversation = prevInConversation
        self.id = id
        self.from = from
        self.actor = actor
        self.origin = origin
        self.conversation = conversation
        self.content = content
        self.time = time
        self.sourceSeq = sourceSeq
    }

    /// Bytes that credit and page limits count: the body and a flat amount for the fields around it.
    public var cost: Int { content.body.count + 128 }
    public var isOwnCopy: Bool { origin != nil }
}

/// The state of one conversation in one mailbox.
public struct ConversationState: Hashable, Sendable {
    public var peer: Peer
    /// Seq of the last entry; 0: none.
    public var lastSeq: Offset
    /// Incoming entries of type message behind `readUpTo`.
    public var unread: Int
    /// Own position: the user has read up to this seq of this mailbox.
    public var readUpTo: Offset
    /// The other side has received, and has read, up to this seq of this mailbox.
    public var peerReceived: Offset
    public var peerRead: Offset
    /// Offset of the slot's log behind which this state last changed: it is new to whoever synced to less.
    public var changedAt: Offset

    public init(
        peer: Peer, lastSeq: Offset = 0, unread: Int = 0, readUpTo: Offset = 0, peerReceived: Offset = 0,
        peerRead: Offset = 0, changedAt: Offset = 0
    ) {
        self.peer = peer
        self.lastSeq = lastSeq
        self.unread = unread
        self.readUpTo = readUpTo
        self.peerReceived = peerReceived
        self.peerRead = peerRead
        self.changedAt = changedAt
    }
}
