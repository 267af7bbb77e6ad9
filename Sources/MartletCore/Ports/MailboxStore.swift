/// What the store knows of a slot.
public struct StoredSlot: Hashable, Sendable {
    public var epoch: Epoch
    /// Mailboxes are as of this offset; -1: nothing yet.
    public var offset: Offset
    /// Decision state is as of this offset; -1: nothing yet.
    public var forwarded: Offset
    /// The decision state but for the devices, settings and revocations, which are read where they are needed.
    public var fence: Epoch
    public var rules: UInt32
    /// By slot, ascending; slots with 0 are left out.
    public var incoming: [(slot: Slot, count: UInt64)]
    public var outgoing: [(slot: Slot, count: UInt64)]

    public init(
        epoch: Epoch = 0, offset: Offset = -1, forwarded: Offset = -1, fence: Epoch = 0, rules: UInt32 = 0,
        incoming: [(slot: Slot, count: UInt64)] = [], outgoing: [(slot: Slot, count: UInt64)] = []
    ) {
        self.epoch = epoch
        self.offset = offset
        self.forwarded = forwarded
        self.fence = fence
        self.rules = rules
        self.incoming = incoming
        self.outgoing = outgoing
    }

    public static func == (a: StoredSlot, b: StoredSlot) -> Bool {
        a.epoch == b.epoch && a.offset == b.offset && a.forwarded == b.forwarded && a.fence == b.fence
            && a.rules == b.rules && a.incoming.elementsEqual(b.incoming, by: ==)
            && a.outgoing.elementsEqual(b.outgoing, by: ==)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(epoch)
        hasher.combine(offset)
        hasher.combine(forwarded)
    }
}

/// One change of the mailboxes of a slot. Applied in order within a step.
public enum MailboxOperation: Hashable, Sendable {
    /// Puts the entry at the mailbox's end. The store fills in `prev` and `prevInConversation` from its own heads
    /// (they are the same by construction), counts it unread if it is an incoming entry of type message, and sets
    /// the conversation's `lastSeq` and `changedAt` to the entry's seq.
    case append(user: Key, Entry)
    /// The user read `conversation` up to `seq`: by maximum; unread becomes what lies behind. `at`: the record's offset.
    case read(user: Key, conversation: Peer, seq: Offset, at: Offset)
    /// The other side received and read up to these seqs of this mailbox: by maximum, 0: no news. A conversation that
    /// has no entry is not made. `at`: the decided offset + 1.
    case receipt(user: Key, conversation: Peer, received: Offset, read: Offset, at: Offset)
    /// A device acknowledged up to here: by maximum. `seen`: milliseconds since 1970.
    case cursor(user: Key, device: DeviceID, seq: Offset, seen: Int64)
    /// Receipts of this user's cursor up to here have reached the senders' homes: by maximum.
    case receipted(user: Key, seq: Offset)
    /// The mailbox's beginning was lost with the store: nothing up to `floor` is here, `head` was its last seq.
    case trimmed(user: Key, head: Offset, floor: Offset)
}

/// One atomic, fenced step (rule 7). Applied only if `epoch` is the slot's and the stored offset and forwarded are the
/// expected ones.
public struct StoreStep: Hashable, Sendable {
    public var slot: Slot
    public var epoch: Epoch
    public var expectedOffset: Offset
    public var expectedForwarded: Offset
    public var offset: Offset
    public var forwarded: Offset
    public var operations: [MailboxOperation]
    public var state: [StateChange]
    /// Replaces the whole decision state by `state` (an installed checkpoint). Mailboxes are removed too if `offset`
    /// grows: they begin again behind it.
    public var installsCheckpoint: Bool

    public init(
        slot: Slot, epoch: Epoch, expectedOffset: Offset, expectedForwarded: Offset, offset: Offset, forwarded: Offset,
        operations: [MailboxOperation] = [], state: [StateChange] = [], installsCheckpoint: Bool = false
    ) {
        self.slot = slot
        self.epoch = epoch
        self.expectedOffset = expectedOffset
        self.expectedForwarded = expectedForwarded
        self.offset = offset
        self.forwarded = forwarded
        self.operations = operations
        self.state = state
        self.installsCheckpoint = installsCheckpoint
    }
}

public enum StepOutcome: Hashable, Sendable {
    case applied
    /// Another owner has this slot.
    case deposed(by: Epoch)
    /// The store is not where the owner thought: it lost its tail, or a step whose outcome was unknown had landed.
    case unexpected(offset: Offset, forwarded: Offset)
    /// Nothing changed.
    case failed(PortError)
    /// It may have landed.
    case unknown
}

/// What a home needs to know of a user when a device attaches.
public struct AttachRow: Hashable, Sendable {
    /// The stored offset that all of this is consistent with.
    public var asOf: Offset
    /// The stored forwarded that `device` is as of.
    public var forwarded: Offset
    /// Last seq of the mailbox, and up to where retention removed; 0: none.
    public var head: Offset
    public var floor: Offset
    /// The device's cursor, and the greatest of all the user's devices'.
    public var cursor: Offset
    public var greatestCursor: Offset
    public var receiptedUpTo: Offset
    public var device: DeviceState?

    public init(
        asOf: Offset = -1, forwarded: Offset = -1, head: Offset = 0, floor: Offset = 0, cursor: Offset = 0,
        greatestCursor: Offset = 0, receiptedUpTo: Offset = 0, device: DeviceState? = nil
    ) {
        self.asOf = asOf
        self.forwarded = forwarded
        self.head = head
        self.floor = floor
        self.cursor = cursor
        self.greatestCursor = greatestCursor
        self.receiptedUpTo = receiptedUpTo
        self.device = device
    }
}

/// A page of a mailbox, oldest first.
public struct MailboxPage: Hashable, Sendable {
    /// The stored offset that the page is consistent with.
    public var asOf: Offset
    public var floor: Offset
    public var entries: [Entry]
    /// Whether more stored entries follow.
    public var more: Bool

    public init(asOf: Offset, floor: Offset, entries: [Entry], more: Bool) {
        self.asOf = asOf
        self.floor = floor
        self.entries = entries
        self.more = more
    }
}

/// What can be read of one user's mailbox. Every answer is consistent with one stored offset.
public enum MailboxQuery: Hashable, Sendable {
    case attach(user: Key, device: DeviceID)
    /// Entries after `after`, oldest first, at most `maxEntries` and about `maxBytes` (by `Entry.cost`), at least one.
    case page(user: Key, after: Offset, maxEntries: Int, maxBytes: Int)
    /// Entries of one conversation below `before` (0: from the newest), newest first.
    case history(user: Key, conversation: Peer, before: Offset, maxEntries: Int, maxBytes: Int)
    /// Conversations with `lastSeq` below `before` (0: from the newest), newest first.
    case conversations(user: Key, before: Offset, max: Int)
    /// Conversations whose `changedAt` is above `after`, ascending by it, at most `max`.
    case changed(user: Key, after: Offset, max: Int)
    case conversation(user: Key, peer: Peer)
    /// One entry by its seq.
    case entry(user: Key, seq: Offset)
    /// Seq of the newest entry of the conversation below `before`; 0: none.
    case headBefore(user: Key, conversation: Peer, before: Offset)
    case devices([DeviceKey])
    /// The whole decision state and all mailbox heads, as of `forwarded`: for a checkpoint.
    case checkpoint
    /// Users of the slot whose greatest cursor is above `receiptedUpTo`.
    case unreceipted
}

public enum MailboxAnswer: Hashable, Sendable {
    case attach(AttachRow)
    case page(MailboxPage)
    case history(asOf: Offset, entries: [Entry], more: Bool)
    case conversations(asOf: Offset, [ConversationState], more: Bool)
    case conversation(asOf: Offset, ConversationState?)
    case entry(asOf: Offset, Entry?)
    case head(asOf: Offset, Offset)
    /// In the order asked; nil where the device is not known.
    case devices(forwarded: Offset, [DeviceState?])
    case checkpoint(forwarded: Offset, rows: [CheckpointRow])
    case users([Key])
}

/// Mailboxes and decision states: a view of the logs. Completions come once each, on any thread, never before the
/// call returns; steps of one slot are applied in the order given.
public protocol MailboxStore: AnyObject, Sendable {
    func head(of slot: Slot, done: @escaping @Sendable (Result<StoredSlot, PortError>) -> Void)

    /// Sets the slot's epoch if it is below `epoch`; else `deposed`.
    func claim(_ slot: Slot, epoch: Epoch, done: @escaping @Sendable (StepOutcome) -> Void)

    func apply(_ step: StoreStep, done: @escaping @Sendable (StepOutcome) -> Void)

    /// Reads on a thread of the adapter's own, never on the caller's.
    func read(
        _ query: MailboxQuery, in slot: Slot, done: @escaping @Sendable (Result<MailboxAnswer, PortError>) -> Void)
}
