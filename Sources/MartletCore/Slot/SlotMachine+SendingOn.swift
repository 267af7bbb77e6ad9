/// Rule 6: owed records go to their targets until the targets have acknowledged them, and the other way round.
extension SlotMachine {
    /// The owner of `target` has decided all that this slot derived for it, up to `upTo`.
    public mutating func acknowledged(
        by target: Slot, upTo: UInt64, now: Now, into actions: inout [SlotAction]
    ) {
        guard isWorking, target.index < slotCount else { return }
        owed.acknowledge(by: target, upTo: upTo, now: now.monotonic)
        settle(now, &actions)
    }

    /// The outcome of an `append`.
    public mutating func appended(
        token: UInt64, _ outcome: AppendOutcome, now: Now, into actions: inout [SlotAction]
    ) {
        guard !isStopped else { return }
        switch AppendToken(rawValue: token) {
        case .fence: fenceAppended(outcome, now)
        case .send(let row, let version): sendAppended(row, version, outcome, &actions)
        case .owed(let target, let m): owedAppended(target, m, outcome, now, &actions)
        case .other: break
        }
    }

    private mutating func fenceAppended(_ outcome: AppendOutcome, _ now: Now) {
        if case .written = outcome { return }
        guard let due = fenceAgainAt else { return }
        fenceAgainAt = min(due, now.monotonic + tuning.retryMilliseconds)
    }

    /// A report is no acknowledgement: only what the target has decided counts.
    private mutating func owedAppended(
        _ target: Slot, _ m: UInt64, _ outcome: AppendOutcome, _ now: Now, _ actions: inout [SlotAction]
    ) {
        guard case .written = outcome else { return owed.appendFailed(for: target, now: now.monotonic) }
        if policy.contains(.reportAcknowledges) { acknowledged(by: target, upTo: m, now: now, into: &actions) }
    }

    mutating func sendOn(_ now: Now, _ actions: inout [SlotAction]) {
        let epoch = epoch
        var sent: UInt64 = 0
        owed.drain(now: now.monotonic) { target, incoming in
            sent += 1
            let record = Record(epoch: epoch, time: now.wall, body: .incoming(incoming))
            let token = AppendToken.owed(to: target, m: incoming.m)
            actions.append(.append(to: target, record, token: token.rawValue))
        }
        counters.sentOn += sent
    }

    mutating func acknowledge(_ now: Now, _ actions: inout [SlotAction]) {
        guard now.monotonic - acknowledgedAt >= tuning.acknowledgeAfterMilliseconds else { return }
        acknowledgedAt = now.monotonic
        for source in acknowledgements.takeDue() {
            let isHasty = policy.contains(.acknowledgesUndecided)
            let upTo = isHasty ? acknowledgements.seen[source] : state.incoming[source]
            if upTo > 0 { actions.append(.acknowledge(source: Slot(source), upTo: upTo)) }
        }
    }
}
