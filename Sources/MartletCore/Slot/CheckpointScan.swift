/// Looks through a whole log for the checkpoint to start from (rule 8): the oldest one that is whole and whose p is
/// not before the log's start - 1. The oldest, because the mailboxes behind p can be rebuilt from the log.
struct CheckpointScan: Sendable {
    let start: Offset
    private let policy: SlotPolicy
    private var collector = CheckpointCollector()
    private(set) var found: Found?

    struct Found: Sendable {
        let position: Offset
        /// Where its last part was read.
        let readAt: Offset
        let rows: [CheckpointRow]
    }

    init(start: Offset, policy: SlotPolicy) {
        self.start = start
        self.policy = policy
    }

    mutating func add(_ part: CheckpointPart, epoch: Epoch, at offset: Offset) {
        guard isWanted(part.position) else { return }
        guard let rows = collector.add(part, epoch: epoch, keepsRows: true) else { return }
        found = Found(position: part.position, readAt: offset, rows: rows)
    }

    private func isWanted(_ position: Offset) -> Bool {
        guard position >= start - 1 || policy.contains(.installsStaleCheckpoint) else { return false }
        guard let found else { return true }
        return position < found.position || policy.contains(.installsLastCheckpoint)
    }
}

extension CheckpointScan.Found {
    /// The compared step that makes the store begin here. Mailboxes that lie behind are begun anew and say so.
    func step(slot: Slot, epoch: Epoch, stored: SlotMachine.StoredPosition) -> StoreStep {
        let losesMailboxes = stored.offset < position
        return StoreStep(
            slot: slot, epoch: epoch, expectedOffset: stored.offset, expectedForwarded: stored.forwarded,
            offset: max(stored.offset, position), forwarded: position,
            operations: losesMailboxes ? rows.compactMap { trimmed($0) } : [],
            state: rows.compactMap { if case .state(let change) = $0 { change } else { nil } },
            installsCheckpoint: true)
    }

    private func trimmed(_ row: CheckpointRow) -> MailboxOperation? {
        guard case .mailbox(let user, let head, _) = row else { return nil }
        return .trimmed(user: user, head: head, floor: position)
    }

    /// Devices, settings and revocations stay in the store until they are needed.
    func load(into state: inout SlotState) {
        for case .state(let change) in rows {
            switch change {
            case .fence(let epoch, let rules): (state.fence, state.rules) = (epoch, rules)
            case .incoming(let slot, let count) where slot.index < state.incoming.count:
                state.incoming[slot.index] = count
            case .outgoing(let slot, let count) where slot.index < state.outgoing.count:
                state.outgoing[slot.index] = count
            case .incoming, .outgoing, .device, .forgotten, .setting, .revoked: break
            }
        }
    }
}
