/// What became of one client sequence.
public enum Outcome: Hashable, Sendable {
    case accepted(id: MessageID, seq: Offset)
    case rejected(ErrorCode)
}

/// The part of the decision state that belongs to one device: its last number and the outcomes of the last 64.
public struct DeviceState: Hashable, Sendable {
    /// The last client sequence that was decided; 0: none.
    public var last: ClientSequence
    /// Outcomes of `last - outcomes.count + 1 ... last`, oldest first.
    public var outcomes: [Outcome]

    public init(last: ClientSequence = 0, outcomes: [Outcome] = []) {
        self.last = last
        self.outcomes = outcomes
    }
}

/// One change of a slot's decision state, as the store keeps it: the newest value replaces the one before.
public enum StateChange: Hashable, Sendable {
    case fence(Epoch, rules: UInt32)
    case device(DeviceKey, DeviceState)
    case forgotten(DeviceKey)
    case incoming(from: Slot, UInt64)
    case outgoing(to: Slot, UInt64)
    case setting(user: Key, name: ByteString, value: [UInt8])
    case revoked(user: Key, tokenID: ByteString?, before: Int64)
}
