/// One edge in one of its lives.
public struct EdgeRef: Hashable, Sendable {
    public var node: NodeID
    public var incarnation: UInt64

    public init(node: NodeID, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
    }

    /// The edge of this session.
    public init(_ session: SessionRef) { self.init(node: session.edge, incarnation: session.edgeIncarnation) }
}

/// What the sessions of a slot tell their shell to do. The shell obeys in order.
public enum HomeAction: Equatable, Sendable {
    case attached(SessionRef, Attached)
    /// The session is not attached here: its edge attaches it again, after a while.
    case notHome(SessionRef)
    /// One frame for `sessions` of one edge: encoded once, written to each. `pushedUpTo`: seq of the last entry in it,
    /// 0: none; `live`: the sessions are live after it.
    case deliver(
        edge: EdgeRef, sessions: [UInt64], ServerEnvelope, settles: Settles, pushedUpTo: Offset, live: Bool)
    /// These sessions are over; they are forgotten here already.
    case close(edge: EdgeRef, sessions: [UInt64], ErrorCode, reason: String)

    /// Read the store; answer with `answered(token:)`.
    case query(token: UInt64, MailboxQuery)
    /// Read the presence store and weigh its evidence; answer with `presence(token:)`.
    case presenceQuery(token: UInt64, [Key])

    /// Hand this to the slot machine before the next action: the device's state as the store had it as of `forwarded`.
    case deviceLoaded(DeviceKey, DeviceState?, asOfForwarded: Offset)
    /// The device's last session is gone: the slot machine need not keep its state for it.
    case forget(DeviceKey)

    /// Give the slot machine this send, with a fresh id in place of 0.
    case take(TakenSend)
    /// Write this mark to the slot's log.
    case write(ReadMark)
    /// For the slot machine's next store step.
    case operations([MailboxOperation])
    /// Something waits until the store is as of this offset: the slot machine's next step is not gathered for.
    case storeSoon(upTo: Offset)
    case presence([PresenceChange])

    /// To the owner of another slot (or of this one), as `SlotMessage.receipts` and `.receiptsStored`.
    case receipts(to: Slot, [ReceiptNote])
    case receiptsStored(to: Slot, [ReceiptNote])

    /// Read this device's state (`MailboxQuery.devices`); answer with `HomeSlot.deviceRead`.
    case readDevice(DeviceKey)

    /// Something waits for time to pass: call `tick` in 50 to 100 ms, once.
    case later

    /// Moves it out of its place: a copy would retain all that it holds.
    public mutating func take() -> HomeAction {
        var taken = HomeAction.later
        swap(&self, &taken)
        return taken
    }
}
