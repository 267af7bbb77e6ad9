/// Rule 7: the store follows in fenced steps, one at a time, each from where it is expected to stand.
extension SlotMachine {
    /// Operations that no record brought (cursors, receipts): they go with the next step, in order, and may be applied
    /// more than once.
    public mutating func add(operations: [MailboxOperation], now: Now, into actions: inout [SlotAction]) {
        guard isWorking else { return }
        for operation in operations { pending.add(operation, decided: decidedOffset) }
        step(now, &actions)
    }

    /// Takes nothing more, stores all that is decided, and stops. The rest waits in the log.
    public mutating func release(now: Now, into actions: inout [SlotAction]) {
        guard isAnswering else { return stop(.released, &actions) }
        isReleasing = true
        settle(now, &actions)
    }

    mutating func finishRelease(_ actions: inout [SlotAction]) {
        guard isReleasing, inFlight == nil, !isLooking, pending.isEmpty, backlog.isEmpty,
            stored.offset == decidedOffset, stored.forwarded == reachable(decidedOffset)
        else { return }
        stop(.released, &actions)
    }

    /// How far `forwarded` can be with mailboxes as of `offset`.
    private func reachable(_ offset: Offset) -> Offset {
        let acknowledged = owed.firstOffset.map { $0 - 1 } ?? decidedOffset
        return max(stored.forwarded, min(acknowledged, offset))
    }

    /// Device states are large beside what changes in them, so `forwarded` moves in strides.
    private func nextForwarded(_ offset: Offset, _ now: Now) -> Offset {
        let isTime = now.monotonic - forwardedAt >= tuning.forwardedMilliseconds || isReleasing
        // Cheaper than to look what every target has acknowledged.
        guard isTime || offset - stored.forwarded >= tuning.forwardedRecords else { return stored.forwarded }
        let reachable = reachable(offset)
        return isTime || reachable - stored.forwarded >= tuning.forwardedRecords ? reachable : stored.forwarded
    }

    private var canStep: Bool { isWorking && inFlight == nil && !isLooking && stepBackoff.dueAt == nil }

    /// Stores what there is, if anything.
    mutating func step(_ now: Now, _ actions: inout [SlotAction]) {
        guard canStep, !pending.isEmpty || decidedOffset > stored.offset || stored.forwarded < stored.offset else {
            return
        }
        guard isStepDue(now) else { return }
        let step = makeStep(now)
        let moves = step.offset > stored.offset || step.forwarded > stored.forwarded || !step.operations.isEmpty
        if moves { send(step, now, &actions) }
    }

    /// Somebody waits until everything up to `offset` is in the store.
    mutating func storeSoon(upTo offset: Offset, now: Now, into actions: inout [SlotAction]) {
        wantedOffset = max(wantedOffset, offset)
        step(now, &actions)
    }

    /// Steps are gathered, but for those that somebody waits for.
    private mutating func isStepDue(_ now: Now) -> Bool {
        guard tuning.stepMilliseconds > 0, !isReleasing, pending.count < tuning.stepOperations,
            stored.offset >= wantedOffset
        else { return true }
        let since = stepWantedAt ?? now.monotonic
        stepWantedAt = since
        return now.monotonic - since >= tuning.stepMilliseconds
    }

    /// An empty step, by which a lost tail is noticed.
    mutating func look(_ now: Now, _ actions: inout [SlotAction]) {
        let isDue = now.monotonic - lookedAt >= tuning.lookMilliseconds
        guard isDue, canStep, !policy.contains(.neverLooks) else { return }
        allowTrim(atLeast: 1, &actions)
        send(makeStep(now), now, &actions)
    }

    private mutating func makeStep(_ now: Now) -> StoreStep {
        let (operations, reached) = pending.give(tuning.operationsPerStep, decided: decidedOffset)
        let offset = max(reached, stored.offset)
        let forwarded = nextForwarded(offset, now)
        let stateOffset = policy.contains(.storesStateAtOffset) ? offset : forwarded
        return StoreStep(
            slot: slot, epoch: epoch, expectedOffset: stored.offset, expectedForwarded: stored.forwarded,
            offset: offset, forwarded: forwarded, operations: operations,
            state: stateOffset > stored.forwarded ? history.stateChanges(upTo: stateOffset, of: state) : [])
    }

    private mutating func send(_ step: StoreStep, _ now: Now, _ actions: inout [SlotAction]) {
        let position = StoredPosition(offset: step.offset, forwarded: step.forwarded)
        inFlight = StepInFlight(position: position, operations: step.operations.count)
        stepWantedAt = nil
        lookedAt = now.monotonic
        actions.append(.step(step))
    }

    /// The outcome of a `step`.
    public mutating func stepped(_ outcome: StepOutcome, now: Now, into actions: inout [SlotAction]) {
        if case .installing = phase { return installed(outcome, now, &actions) }
        guard let step = inFlight, !isStopped else { return }
        inFlight = nil
        switch outcome {
        case .applied: applied(step, now, &actions)
        // A lower epoch than the own one: the store lost its tail.
        case .deposed(let other): return stop(other > epoch ? .deposed(by: other) : .restart, &actions)
        case .unexpected(let offset, let forwarded):
            adopt(StoredPosition(offset: offset, forwarded: forwarded), now, &actions)
        case .failed:
            counters.failedSteps += 1
            stepBackoff.failed(now)
        case .unknown:
            counters.failedSteps += 1
            isLooking = true
            actions.append(.open)
        }
        settle(now, &actions)
    }

    private mutating func applied(_ step: StepInFlight, _ now: Now, _ actions: inout [SlotAction]) {
        counters.steps += 1
        stepBackoff.succeeded()
        pending.removeFirst(step.operations)
        move(to: step.position, now, &actions)
    }

    private mutating func move(to position: StoredPosition, _ now: Now, _ actions: inout [SlotAction]) {
        if position.forwarded > stored.forwarded || stored.forwarded == stored.offset { forwardedAt = now.monotonic }
        stored = position
        history.drop(upTo: position.forwarded, devices: &state.devices)
        dropLeaving()
        allowTrim(atLeast: tuning.trimRecords, &actions)
    }

    /// The store stands elsewhere. Further on, but not behind what is decided: a step whose outcome was unknown has
    /// landed, or another owner of this epoch stored what this one decided alike. Else its tail was lost.
    private mutating func adopt(_ found: StoredPosition, _ now: Now, _ actions: inout [SlotAction]) {
        guard found.offset >= stored.offset, found.forwarded >= stored.forwarded, found.offset <= decidedOffset else {
            return stop(.restart, &actions)
        }
        pending.removeFromLog(upTo: found.offset)
        stepBackoff.succeeded()
        move(to: found, now, &actions)
    }

    /// Answers the `open` that follows a step whose outcome is unknown.
    mutating func looked(
        _ result: Result<(StoredSlot, LogBounds), PortError>, _ now: Now, _ actions: inout [SlotAction]
    ) {
        guard isLooking else { return }
        guard case .success(let (head, bounds)) = result else { return stepBackoff.failed(now) }
        isLooking = false
        if head.epoch > epoch { return stop(.deposed(by: head.epoch), &actions) }
        guard head.epoch == epoch, head.forwarded >= bounds.start - 1 else { return stop(.restart, &actions) }
        adopt(StoredPosition(offset: head.offset, forwarded: head.forwarded), now, &actions)
        settle(now, &actions)
    }

    /// Tries again what the store could not do.
    mutating func stepAgain(_ now: Now, _ actions: inout [SlotAction]) {
        guard stepBackoff.isDue(now) else { return }
        if isLooking { actions.append(.open) }
    }
}
