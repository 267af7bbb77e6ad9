/// What a record did to its slot (rules 1 to 4). A function of the record and the decision state, and of nothing else:
/// whoever decides again decides the same.
enum SlotDecision: Equatable, Sendable {
    /// It changes nothing: of an epoch below the fence, of a slot that there is not, or a checkpoint.
    case void
    /// Number `n` was decided before, so; nil: too long ago to say.
    case retry(row: Int, Outcome?)
    /// A number before this one is missing: dropped.
    case gap(row: Int, expected: ClientSequence)
    case accepted(row: Int, Delivery)
    case rejected(row: Int)
    case incoming
    /// The source sent it before, or has to send others first: dropped.
    case incomingDropped
    case read
    /// The device's row from before; nil: it was not in memory.
    case forgotten(row: Int?)
    case setting
    case revoked
    case fence

    /// Where an accepted message goes besides the sender's own mailbox.
    enum Delivery: Equatable, Sendable {
        /// Nowhere: to oneself, or to a group, whose members are not served here.
        case none
        /// To a mailbox of the same slot.
        case here
        /// To another slot, as the m-th record that was derived for it.
        case owed(Slot, m: UInt64)
    }
}

extension SlotState {
    /// Decides the record at `offset` of `slot`'s log. The device that it names must be in memory (`missingDevice`).
    mutating func decide(
        _ record: Record, at offset: Offset, in slot: Slot, slotOf: (Key) -> Slot
    ) -> SlotDecision {
        switch record.body {
        case .posted(let posted):
            if isVoid(record, at: offset) { return .void }
            return decide(posted, at: offset, in: slot, slotOf: slotOf)
        case .rejected(let rejected):
            if isVoid(record, at: offset) { return .void }
            return decide(rejected, at: offset)
        // Offset 0 can be no seq, since 0 is "nothing" to every cursor. Another slot may have appended before this one's
        // first fence; it sends again what it does not find acknowledged.
        case .incoming(let incoming): return offset == 0 ? .incomingDropped : decide(incoming)
        case .read: return .read
        case .forgotten(let device): return forget(device, at: offset)
        case .setting: return .setting
        case .revoked: return .revoked
        case .fence(let fence): return decide(fence, epoch: record.epoch)
        case .checkpoint: return .void
        }
    }

    /// The device whose state has to be known before the record can be decided, and is not.
    func missingDevice(_ record: Record, at offset: Offset) -> DeviceKey? {
        let device: DeviceKey
        switch record.body {
        case .posted(let posted): device = posted.sender
        case .rejected(let rejected): device = rejected.sender
        case .incoming, .read, .forgotten, .setting, .revoked, .fence, .checkpoint: return nil
        }
        return isVoid(record, at: offset) || devices.row(of: device) != nil ? nil : device
    }

    private func isVoid(_ record: Record, at offset: Offset) -> Bool {
        offset == 0 || record.epoch < fence && !policy.contains(.decidesBelowFence)
    }

    private mutating func decide(
        _ posted: Posted, at offset: Offset, in slot: Slot, slotOf: (Key) -> Slot
    ) -> SlotDecision {
        guard let row = devices.row(of: posted.sender) else { return .void }
        if let dropped = drop(posted.clientSequence, row) { return dropped }
        let outcome = Outcome.accepted(id: posted.id, seq: offset)
        devices[row].decide(posted.clientSequence, outcome, at: offset, window: window)
        return .accepted(row: row, deliver(posted, in: slot, slotOf: slotOf))
    }

    private mutating func deliver(_ posted: Posted, in slot: Slot, slotOf: (Key) -> Slot) -> SlotDecision.Delivery {
        guard posted.to.kind == .user, posted.to.key != posted.sender.user else { return .none }
        let target = slotOf(posted.to.key)
        if target == slot { return .here }
        outgoing[target.index] += 1
        return .owed(target, m: outgoing[target.index])
    }

    private mutating func decide(_ rejected: Rejected, at offset: Offset) -> SlotDecision {
        guard let row = devices.row(of: rejected.sender) else { return .void }
        if let dropped = drop(rejected.clientSequence, row) { return dropped }
        devices[row].decide(rejected.clientSequence, .rejected(rejected.code), at: offset, window: window)
        return .rejected(row: row)
    }

    /// Rules 1 and 2: only the number after the last counts.
    private func drop(_ n: ClientSequence, _ row: Int) -> SlotDecision? {
        let last = devices[row].last
        if n <= last {
            if policy.contains(.retriesCountAgain) { return nil }
            return .retry(row: row, devices[row].outcome(of: n, window: window))
        }
        return n == last + 1 || policy.contains(.gapsCount) ? nil : .gap(row: row, expected: last + 1)
    }

    private mutating func decide(_ record: Incoming) -> SlotDecision {
        guard record.source.index < incoming.count else { return .void }
        let have = incoming[record.source.index]
        let again = record.m <= have && policy.contains(.incomingCountsAgain)
        let early = record.m > have && policy.contains(.incomingGapsCount)
        guard record.m == have + 1 || again || early else { return .incomingDropped }
        incoming[record.source.index] = max(record.m, have)
        return .incoming
    }

    private mutating func forget(_ device: DeviceKey, at offset: Offset) -> SlotDecision {
        let old = devices.row(of: device)
        if let old { devices.detach(old) }
        let new = devices.insert(device, DeviceState())
        devices[new].changedAt = offset
        devices[new].isLeaving = old.map { devices[$0].isLeaving } ?? true
        return .forgotten(row: old)
    }

    private mutating func decide(_ fence: Fence, epoch: Epoch) -> SlotDecision {
        guard epoch > self.fence || fence.rules > rules else { return .void }
        self.fence = max(self.fence, epoch)
        rules = max(rules, fence.rules)
        return .fence
    }
}
