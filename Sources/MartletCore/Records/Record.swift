/// One record of a slot's log (design, section 3). The values; `RecordCodec` holds the bytes.
public struct Record: Hashable, Sendable {
    /// The writer's epoch.
    public var epoch: Epoch
    /// Wall time at the writer, milliseconds since 1970. Carried into entries, never used in a decision.
    public var time: Int64
    public var body: Body

    public enum Body: Hashable, Sendable {
        case posted(Posted)
        case rejected(Rejected)
        case incoming(Incoming)
        case read(ReadMark)
        case forgotten(DeviceKey)
        case setting(Setting)
        case revoked(Revoked)
        case fence(Fence)
        case checkpoint(CheckpointPart)
    }

    public init(epoch: Epoch, time: Int64, body: Body) {
        self.epoch = epoch
        self.time = time
        self.body = body
    }
}

/// Rule 1: a message in its sender's slot.
public struct Posted: Hashable, Sendable {
    public var sender: DeviceKey
    public var clientSequence: ClientSequence
    public var to: Peer
    public var actor: Key?
    public var id: MessageID
    public var content: MessageContent
    /// The target's seq in the recipient's mailbox where it is known, else 0 (`content.target.seq` is the sender's).
    public var targetSeqAtRecipient: Offset

    public init(
        sender: DeviceKey, clientSequence: ClientSequence, to: Peer, actor: Key? = nil, id: MessageID,
        content: MessageContent, targetSeqAtRecipient: Offset = 0
    ) {
        self.sender = sender
        self.clientSequence = clientSequence
        self.to = to
        self.actor = actor
        self.id = id
        self.content = content
        self.targetSeqAtRecipient = targetSeqAtRecipient
    }
}

/// Rule 2: a final rejection.
public struct Rejected: Hashable, Sendable {
    public var sender: DeviceKey
    public var clientSequence: ClientSequence
    public var code: ErrorCode

    public init(sender: DeviceKey, clientSequence: ClientSequence, code: ErrorCode) {
        self.sender = sender
        self.clientSequence = clientSequence
        self.code = code
    }
}

/// Rule 3: what another slot derived for this one.
public struct Incoming: Hashable, Sendable {
    public var source: Slot
    public var sourceOffset: Offset
    /// It is the m-th that `source` derived for this slot; 1, 2, 3…
    public var m: UInt64
    public var to: Key
    public var from: Key
    public var actor: Key?
    public var id: MessageID
    public var content: MessageContent
    /// Time of the Posted that it comes from.
    public var time: Int64

    public init(
        source: Slot, sourceOffset: Offset, m: UInt64, to: Key, from: Key, actor: Key?, id: MessageID,
        content: MessageContent, time: Int64
    ) {
        self.source = source
        self.sourceOffset = sourceOffset
        self.m = m
        self.to = to
        self.from = from
        self.actor = actor
        self.id = id
        self.content = content
        self.time = time
    }
}

/// A user has read a conversation up to a seq of the own mailbox.
public struct ReadMark: Hashable, Sendable {
    public var user: Key
    public var conversation: Peer
    public var seq: Offset

    public init(user: Key, conversation: Peer, seq: Offset) {
        self.user = user
        self.conversation = conversation
        self.seq = seq
    }
}

/// A setting of a user, by name; an empty value removes it.
public struct Setting: Hashable, Sendable {
    public var user: Key
    public var name: ByteString
    public var value: [UInt8]

    public init(user: Key, name: ByteString, value: [UInt8]) {
        self.user = user
        self.name = name
        self.value = value
    }
}

/// Tokens of a user made before `before` (milliseconds since 1970), or the one named, hold no more.
public struct Revoked: Hashable, Sendable {
    public var user: Key
    public var tokenID: ByteString?
    public var before: Int64

    public init(user: Key, tokenID: ByteString?, before: Int64) {
        self.user = user
        self.tokenID = tokenID
        self.before = before
    }
}

/// Rule 4: raises the fence to the record's epoch; `rules` names the decision rules in force from here on.
public struct Fence: Hashable, Sendable {
    public var rules: UInt32
    /// The owner's worker id, so that an emptied cluster store does not hand it out again too soon.
    public var worker: UInt16

    public init(rules: UInt32, worker: UInt16) {
        self.rules = rules
        self.worker = worker
    }
}

/// Rule 9: one part of a checkpoint. The parts of one checkpoint share `position` and the writer's epoch.
public struct CheckpointPart: Hashable, Sendable {
    /// p: the decision state as of this offset.
    public var position: Offset
    public var part: UInt32
    public var parts: UInt32
    public var rows: [CheckpointRow]

    public init(position: Offset, part: UInt32, parts: UInt32, rows: [CheckpointRow]) {
        self.position = position
        self.part = part
        self.parts = parts
        self.rows = rows
    }
}

public enum CheckpointRow: Hashable, Sendable {
    case state(StateChange)
    case mailbox(user: Key, head: Offset, floor: Offset)
}
