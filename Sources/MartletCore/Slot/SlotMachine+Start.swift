/// Rule 8: from a stored position to a slot that takes sends.
extension SlotMachine {
    /// Begins. `mapEpoch`: what the cluster map names for this owner. `worker`: its worker id. Once, first.
    public mutating func start(mapEpoch: Epoch, worker: UInt16, now: Now, into actions: inout [SlotAction]) {
        guard case .idle = phase else { return }
        epoch = mapEpoch
        self.worker = worker
        lookedAt = now.monotonic
        forwardedAt = now.monotonic
        phase = .opening
        actions.append(.open)
    }

    /// Answers `open`: the store's head and the log's bounds, read in this order.
    public mutating func opened(
        _ result: Result<(StoredSlot, LogBounds), PortError>, now: Now, into actions: inout [SlotAction]
    ) {
        switch (result, phase) {
        case (_, .fencing), (_, .ready), (_, .replaying): looked(result, now, &actions)
        case (.failure, .opening), (.failure, .reopening): startBackoff.failed(now)
        case (.success(let found), .opening): claim(above: found.0, &actions)
        case (.success(let found), .reopening): begin(found.0, found.1, now, &actions)
        default: break
        }
    }

    private mutating func claim(above stored: StoredSlot, _ actions: inout [SlotAction]) {
        startBackoff.succeeded()
        epoch = max(epoch, stored.epoch + 1, stored.fence + 1)
        phase = .claiming
        actions.append(.claim(epoch))
    }

    /// Answers `claim`.
    public mutating func claimed(_ outcome: StepOutcome, now: Now, into actions: inout [SlotAction]) {
        switch (phase, outcome) {
        case (.claiming, .applied):
            startBackoff.succeeded()
            phase = .reopening
            actions.append(.open)
        case (.raising, .applied):
            startBackoff.succeeded()
            raiseOrFence(now, &actions)
            settle(now, &actions)
        case (.claiming, .deposed(let other)), (.raising, .deposed(let other)): stop(.deposed(by: other), &actions)
        case (.claiming, .failed), (.raising, .failed): startBackoff.failed(now)
        case (.claiming, _), (.raising, _): stop(.restart, &actions)
        default: break
        }
    }

    private mutating func begin(
        _ head: StoredSlot, _ bounds: LogBounds, _ now: Now, _ actions: inout [SlotAction]
    ) {
        startBackoff.succeeded()
        guard head.epoch <= epoch else { return stop(.deposed(by: head.epoch), &actions) }
        stored = StoredPosition(offset: head.offset, forwarded: head.forwarded)
        guard head.forwarded <= head.offset, head.offset < bounds.end else {
            return stop(.unusable("store is as of \(head.offset), the log ends at \(bounds.end)"), &actions)
        }
        let isUsable = head.forwarded >= bounds.start - 1
        if isUsable && !(policy.contains(.installsLastCheckpoint) && head.offset < 0) {
            state.load(head)
            return replay(from: head.forwarded + 1, to: bounds.end, now, &actions)
        }
        nextRead = bounds.start
        phase = .scanning(CheckpointScan(start: bounds.start, policy: policy), end: bounds.end)
        if nextRead < bounds.end { return actions.append(.readLog(from: nextRead)) }
        finishScan(now, &actions)
    }

    func isScanned(_ end: Offset) -> Bool { nextRead >= end }

    mutating func finishScan(_ now: Now, _ actions: inout [SlotAction]) {
        guard case .scanning(let scan, let end) = phase, isScanned(end) else { return }
        guard let found = scan.found else {
            if policy.contains(.installsLastCheckpoint), stored.forwarded >= scan.start - 1 {
                return replay(from: stored.forwarded + 1, to: end, now, &actions)
            }
            return stop(.unusable("log begins at \(scan.start), without a checkpoint to start from"), &actions)
        }
        let step = found.step(slot: slot, epoch: epoch, stored: stored)
        phase = .installing(found, step)
        actions.append(.step(step))
    }

    /// Answers the step that installs a checkpoint.
    mutating func installed(_ outcome: StepOutcome, _ now: Now, _ actions: inout [SlotAction]) {
        guard case .installing(let found, let step) = phase else { return }
        switch outcome {
        case .applied:
            startBackoff.succeeded()
            counters.installed += 1
            stored = StoredPosition(offset: step.offset, forwarded: step.forwarded)
            found.load(into: &state)
            let from = policy.contains(.readsFromCheckpointRecord) ? found.readAt : found.position
            replay(from: from + 1, to: nextRead, now, &actions)
        case .deposed(let other): stop(.deposed(by: other), &actions)
        case .failed: startBackoff.failed(now)
        case .unexpected, .unknown: stop(.restart, &actions)
        }
    }

    private mutating func replay(from first: Offset, to end: Offset, _ now: Now, _ actions: inout [SlotAction]) {
        nextRead = first
        nextDecided = first
        deviceFloor = stored.forwarded
        owed = OwedRecords(acknowledged: state.outgoing, tuning: tuning)
        phase = .replaying(end: end)
        actions.append(.readLog(from: first))
        settle(now, &actions)
    }

    /// Everything that was in the log at the start is decided: the own epoch is settled, and the fence goes out.
    mutating func finishReplay(_ now: Now, _ actions: inout [SlotAction]) {
        guard case .replaying(let end) = phase, nextDecided >= end else { return }
        // Raising the epoch refuses the own step that is on its way.
        guard inFlight == nil && !isLooking || state.fence < epoch else { return }
        raiseOrFence(now, &actions)
    }

    private mutating func raiseOrFence(_ now: Now, _ actions: inout [SlotAction]) {
        if state.fence >= epoch {
            epoch = state.fence + 1
            phase = .raising
            return actions.append(.claim(epoch))
        }
        phase = .fencing
        checkpoints.begin(at: decidedOffset, now)
        if policy.contains(.writesNoFence) { return becomeReady(&actions) }
        appendFence(now, &actions)
        if policy.contains(.answersBeforeFence) { becomeReady(&actions) }
    }

    mutating func appendFence(_ now: Now, _ actions: inout [SlotAction]) {
        fenceAgainAt = policy.contains(.fencesOnce) ? nil : now.monotonic + tuning.fenceMilliseconds
        let fence = Fence(rules: SlotMachine.rules, worker: worker)
        let record = Record(epoch: epoch, time: now.wall, body: .fence(fence))
        actions.append(.append(to: slot, record, token: AppendToken.fence.rawValue))
    }

    /// The decision rules that this code knows.
    static let rules: UInt32 = 1

    mutating func becomeReady(_ actions: inout [SlotAction]) {
        guard case .fencing = phase else { return }
        phase = .ready
        actions.append(.ready(epoch))
    }

    /// Tries again what failed while starting.
    mutating func startAgain(_ now: Now, _ actions: inout [SlotAction]) {
        guard startBackoff.isDue(now) else { return }
        switch phase {
        case .opening, .reopening: actions.append(.open)
        case .claiming, .raising: actions.append(.claim(epoch))
        case .installing(_, let step): actions.append(.step(step))
        case .idle, .scanning, .replaying, .fencing, .ready, .stopped: break
        }
    }
}
