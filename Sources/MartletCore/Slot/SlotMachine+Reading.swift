/// Rules 1 to 4: records come in, are decided in order, and what follows goes out.
extension SlotMachine {
    /// What the reader brought, from where it stood.
    public mutating func read(_ read: LogRead, now: Now, into actions: inout [SlotAction]) {
        switch read {
        case .records(let records, _): take(records, now, &actions)
        case .trimmed(let start): trimmed(start, now, &actions)
        case .failed: readBackoff.failed(now)
        }
    }

    private mutating func take(_ records: [LoggedRecord], _ now: Now, _ actions: inout [SlotAction]) {
        readBackoff.succeeded()
        if case .scanning = phase { return scan(records, now, &actions) }
        guard isDeciding else { return }
        for record in records where record.offset >= nextRead {
            // The reader's promise: no gaps. One that is there all the same must not be decided over.
            guard record.offset == nextRead else { return stop(.restart, &actions) }
            nextRead += 1
            if !backlog.isEmpty || !decide(record, now, &actions) { backlog.append(record) }
        }
        load(&actions)
        settle(now, &actions)
    }

    private mutating func scan(_ records: [LoggedRecord], _ now: Now, _ actions: inout [SlotAction]) {
        guard case .scanning(var scan, let end) = phase else { return }
        phase = .idle  // so that the scan is not copied
        for record in records where record.offset >= nextRead && record.offset < end {
            nextRead = record.offset + 1
            guard case .record(let decoded) = codec.decode(record.bytes) else { continue }
            if case .checkpoint(let part) = decoded.body { scan.add(part, epoch: decoded.epoch, at: record.offset) }
        }
        phase = .scanning(scan, end: end)
        finishScan(now, &actions)
    }

    /// Its state does not follow from what it can read now: it stops and starts again, and never skips.
    private mutating func trimmed(_ start: Offset, _ now: Now, _ actions: inout [SlotAction]) {
        guard policy.contains(.readsOnAfterTrim), isDeciding else { return stop(.restart, &actions) }
        nextRead = start
        nextDecided = start
        actions.append(.readLog(from: start))
    }

    private var isDeciding: Bool {
        if case .raising = phase { return true }
        return isWorking
    }

    /// How far behind what comes in its decisions are, by the time that its own records spent in the log.
    private mutating func notice(_ record: Record, _ now: Now) {
        guard isAnswering, record.epoch == epoch, case .posted = record.body else { return }
        guard now.wall - record.time >= tuning.busyMilliseconds else { return late = nil }
        let since = late.flatMap { now.monotonic - $0.at < tuning.busyForMilliseconds ? $0.since : nil }
        late = (since ?? now.monotonic, now.monotonic)
    }

    /// False: it has to wait for a device's state.
    private mutating func decide(_ logged: LoggedRecord, _ now: Now, _ actions: inout [SlotAction]) -> Bool {
        guard isDeciding else { return true }
        switch codec.decode(logged.bytes) {
        case .record(let record):
            guard state.missingDevice(record, at: logged.offset) == nil else { return false }
            nextDecided = logged.offset + 1
            notice(record, now)
            decide(record, at: logged.offset, now, &actions)
        case .otherGeneration:
            skip(logged, \.void)
        case .unknownSkippable:
            skip(logged, \.skipped)
        case .garbage:
            skip(logged, \.garbage)
        case .cannotUnderstand(let kind):
            stop(.cannotUnderstand(kind: kind, offset: logged.offset), &actions)
        }
        return true
    }

    private mutating func skip(_ logged: LoggedRecord, _ counter: WritableKeyPath<SlotCounters, UInt64>) {
        counters[keyPath: counter] += 1
        nextDecided = logged.offset + 1
    }

    private mutating func decide(_ record: Record, at offset: Offset, _ now: Now, _ actions: inout [SlotAction]) {
        counters.decided += 1
        let decision = state.decide(record, at: offset, in: slot, slotOf: slotOf)
        switch record.body {
        case .posted(let posted): apply(decision, posted, record, at: offset, &actions)
        case .rejected(let rejected): apply(decision, rejected, at: offset, &actions)
        case .incoming(let incoming): apply(decision, incoming, at: offset, &actions)
        case .read(let mark): apply(mark, at: offset, &actions)
        case .forgotten(let device): forgotten(decision, device, at: offset)
        case .setting(let setting): changed(setting, at: offset)
        case .revoked(let revoked): changed(revoked, at: offset)
        case .fence(let fence): apply(fence, decision, record, at: offset, &actions)
        case .checkpoint(let part): checkpoints.saw(part, epoch: record.epoch)
        }
    }

    private mutating func apply(
        _ decision: SlotDecision, _ posted: Posted, _ record: Record, at offset: Offset, _ actions: inout [SlotAction]
    ) {
        guard case .accepted(let row, let delivery) = decision else {
            return dropped(decision, posted.sender, posted.clientSequence, &actions)
        }
        counters.accepted += 1
        history.device(row, last: state.devices[row].last, at: offset)
        let answer = SendAnswer.accepted(id: posted.id, seq: offset, time: record.time, isRetry: false)
        self.answer(posted.sender, posted.clientSequence, answer, &actions)
        append(posted.ownCopy(at: offset, time: record.time), to: posted.sender.user, &actions)
        switch delivery {
        case .none: break
        case .here: append(posted.received(at: offset, time: record.time), to: posted.to.key, &actions)
        case .owed(let target, let m):
            history.outgoing(target, m, at: offset)
            owed.append(posted.incoming(from: slot, at: offset, m: m, time: record.time), at: offset, for: target)
        }
    }

    private mutating func apply(
        _ decision: SlotDecision, _ rejected: Rejected, at offset: Offset, _ actions: inout [SlotAction]
    ) {
        guard case .rejected(let row) = decision else {
            return dropped(decision, rejected.sender, rejected.clientSequence, &actions)
        }
        counters.rejected += 1
        history.device(row, last: state.devices[row].last, at: offset)
        answer(rejected.sender, rejected.clientSequence, .rejected(rejected.code), &actions)
    }

    /// A retry or a gap: the answer repeats what was decided, or is a hint.
    private mutating func dropped(
        _ decision: SlotDecision, _ device: DeviceKey, _ n: ClientSequence, _ actions: inout [SlotAction]
    ) {
        switch decision {
        case .retry(_, let outcome):
            counters.retries += 1
            if let answer = retryAnswer(outcome) { self.answer(device, n, answer, &actions) }
        case .gap(let row, let expected):
            counters.gaps += 1
            state.devices[row].written = 0
            answer(device, n, .outOfOrder(expected: expected), &actions)
        default: counters.void += 1
        }
    }

    func retryAnswer(_ outcome: Outcome?) -> SendAnswer? {
        switch outcome {
        case .accepted(let id, let seq): .accepted(id: id, seq: seq, time: id.milliseconds, isRetry: true)
        case .rejected(let code): .rejected(code)
        case nil where policy.contains(.answersBelowWindow):
            .accepted(id: MessageID(0), seq: 0, time: 0, isRetry: true)
        case nil: nil
        }
    }

    private mutating func apply(
        _ decision: SlotDecision, _ incoming: Incoming, at offset: Offset, _ actions: inout [SlotAction]
    ) {
        guard incoming.source.index < slotCount else { return counters.void += 1 }
        acknowledgements.saw(incoming, decision)
        guard decision == .incoming else { return counters.incomingDropped += 1 }
        counters.incoming += 1
        history.incoming(incoming.source, state.incoming[incoming.source.index], at: offset)
        append(incoming.received(at: offset), to: incoming.to, &actions)
    }

    private mutating func apply(_ mark: ReadMark, at offset: Offset, _ actions: inout [SlotAction]) {
        store(.read(user: mark.user, conversation: mark.conversation, seq: mark.seq, at: offset), at: offset)
        if isAnswering { actions.append(.readDecided(mark, at: offset)) }
    }

    private mutating func apply(
        _ fence: Fence, _ decision: SlotDecision, _ record: Record, at offset: Offset, _ actions: inout [SlotAction]
    ) {
        if fence.rules > SlotMachine.rules {
            return stop(.cannotUnderstand(kind: RecordKind.fence.rawValue, offset: offset), &actions)
        }
        if decision == .fence { history.fence(state.fence, rules: state.rules, at: offset) }
        switch phase {
        case .fencing, .ready:
            if state.fence > epoch { return stop(.deposed(by: state.fence), &actions) }
            if record.epoch == epoch { fenceReadBack(&actions) }
        default: break
        }
    }

    private mutating func fenceReadBack(_ actions: inout [SlotAction]) {
        fenceAgainAt = nil
        becomeReady(&actions)
    }

    private mutating func append(_ entry: Entry, to user: Key, _ actions: inout [SlotAction]) {
        store(.append(user: user, entry), at: entry.seq)
        if isAnswering { actions.append(.decided(user: user, entry)) }
    }

    /// What the store holds already (rule 8) is not stored again.
    private mutating func store(_ operation: MailboxOperation, at offset: Offset) {
        if offset > stored.offset || policy.contains(.storesAgain) { pending.append(operation, at: offset) }
    }

    mutating func answer(
        _ device: DeviceKey, _ n: ClientSequence, _ answer: SendAnswer, _ actions: inout [SlotAction]
    ) {
        if isAnswering { actions.append(.answer(device, n, answer)) }
    }

    private mutating func forgotten(_ decision: SlotDecision, _ device: DeviceKey, at offset: Offset) {
        guard case .forgotten(let old) = decision, let new = state.devices.row(of: device) else { return }
        history.forgotten(new: new, old: old, at: offset)
        if state.devices[new].isLeaving { leaving.append(new) }
    }

    private mutating func changed(_ setting: Setting, at offset: Offset) {
        history.rare(.setting(user: setting.user, name: setting.name, value: setting.value), at: offset)
    }

    private mutating func changed(_ revoked: Revoked, at offset: Offset) {
        history.rare(.revoked(user: revoked.user, tokenID: revoked.tokenID, before: revoked.before), at: offset)
    }

    /// Goes on with the records that waited for device states.
    mutating func decideBacklog(_ now: Now, _ actions: inout [SlotAction]) {
        while isDeciding, let record = backlog.first, decide(record, now, &actions) { backlog.removeFirst(1) }
        load(&actions)
        settle(now, &actions)
    }
}
