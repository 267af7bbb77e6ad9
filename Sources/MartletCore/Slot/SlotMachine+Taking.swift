/// Rule 5: sends are appended in the order of their numbers, and answered when they are decided.
extension SlotMachine {
    /// A send that its home has validated. It is answered by an `answer` action: at once, or when it is decided; a
    /// number from before the window is not answered at all.
    public mutating func take(_ send: TakenSend, now: Now, into actions: inout [SlotAction]) {
        let device = send.posted.sender, n = send.posted.clientSequence
        guard let row = state.devices.row(of: device), isReady || isHasty(send) else {
            // The next owner answers: the edge holds what was not answered, and says it again there.
            return isReleasing ? () : refuse(device, n, .unavailable, &actions)
        }
        let last = state.devices[row].last
        if n <= last {
            let outcome = state.devices[row].outcome(of: n, window: tuning.outcomeWindow)
            if let answer = retryAnswer(outcome) { actions.append(.answer(device, n, answer)) }
            return
        }
        let top = max(last, state.devices[row].written)
        guard n <= top + 1 else { return actions.append(.answer(device, n, .outOfOrder(expected: top + 1))) }
        // Written and not decided: it waits.
        guard n == top + 1 else { return }
        if let code = refusal(of: send, now) { return refuse(device, n, code, &actions) }
        append(send, row, now, &actions)
    }

    private func refusal(of send: TakenSend, _ now: Now) -> ErrorCode? {
        if pending.count >= tuning.operationsWaiting { return .unavailable }
        // What a pause held up comes all at once: only a queue brings late records for a while.
        if let late, now.monotonic - late.at < tuning.busyForMilliseconds,
            late.at - late.since >= tuning.busyAfterMilliseconds
        {
            return .busy
        }
        guard send.rejection == nil, send.posted.to.kind == .user else { return nil }
        return owed.count(for: slotOf(send.posted.to.key)) >= tuning.owedPerTarget ? .busy : nil
    }

    private func refuse(
        _ device: DeviceKey, _ n: ClientSequence, _ code: ErrorCode, _ actions: inout [SlotAction]
    ) {
        let wait = code == .busy ? SlotMachine.busyAgainMilliseconds : SlotMachine.retryAfterMilliseconds
        let answer = SendAnswer.temporary(code, retryAfterMilliseconds: wait)
        actions.append(.answer(device, n, answer))
    }

    private static let retryAfterMilliseconds: Int64 = 250
    /// A queue of seconds is not gone in a quarter of one, and answers of this kind cost time too.
    private static let busyAgainMilliseconds: Int64 = 1_000

    private mutating func append(_ send: TakenSend, _ row: Int, _ now: Now, _ actions: inout [SlotAction]) {
        let device = send.posted.sender, n = send.posted.clientSequence
        var body = Record.Body.posted(send.posted)
        if let code = send.rejection {
            if answersHastily(send) { actions.append(.answer(device, n, .rejected(code))) }
            if policy.contains(.rejectsWithoutRecord) { return }
            body = .rejected(Rejected(sender: device, clientSequence: n, code: code))
        }
        state.devices[row].written = n
        state.devices[row].writtenAt = now.monotonic
        let version = state.devices[row].version
        written.append(WrittenSend(row: row, version: version, n: n, at: now.monotonic))
        let token = AppendToken.send(row: row, version: version)
        actions.append(.append(to: slot, Record(epoch: epoch, time: now.wall, body: body), token: token.rawValue))
    }

    private func isHasty(_ send: TakenSend) -> Bool {
        policy.contains(.rejectsBeforeFence) && send.rejection != nil && isWorking
    }

    private func answersHastily(_ send: TakenSend) -> Bool {
        isHasty(send) && !isAnswering || policy.contains(.rejectsUndecided) || policy.contains(.rejectsWithoutRecord)
    }

    /// A change that no send is: a read mark, a setting, a revocation, a device to forget. It counts when it is read
    /// back, and an append that fails is not repeated. False: not now, or a body of another kind.
    public mutating func write(_ body: Record.Body, now: Now, into actions: inout [SlotAction]) -> Bool {
        guard isReady, pending.count < tuning.operationsWaiting else { return false }
        switch body {
        case .read, .setting, .revoked, .forgotten: break
        case .posted, .rejected, .incoming, .fence, .checkpoint: return false
        }
        let record = Record(epoch: epoch, time: now.wall, body: body)
        actions.append(.append(to: slot, record, token: AppendToken.other.rawValue))
        return true
    }

    /// After an append that did not happen, its device begins again behind what is decided. One whose outcome is
    /// unknown may be read back yet: it is waited for, and then forgotten.
    mutating func sendAppended(
        _ row: Int, _ version: UInt32, _ outcome: AppendOutcome, _ actions: inout [SlotAction]
    ) {
        guard case .failed = outcome, let row = state.devices.row(row, version: version) else { return }
        forgetWritten(row, &actions)
    }

    private mutating func forgetWritten(_ row: Int, _ actions: inout [SlotAction]) {
        let device = state.devices[row]
        state.devices[row].written = 0
        guard device.written > device.last, isAnswering else { return }
        for n in device.last + 1...device.written { refuse(device.key, n, .unavailable, &actions) }
    }

    /// What was written long ago, and nothing of that device was decided since, is lost: it must not block the device.
    mutating func forgetOldWritten(_ now: Now, _ actions: inout [SlotAction]) {
        while let oldest = written.first {
            let row = state.devices.row(oldest.row, version: oldest.version)
            let isOpen = row.map { state.devices[$0].written >= oldest.n && state.devices[$0].last < oldest.n } ?? false
            if let row, isOpen {
                if now.monotonic - oldest.at < tuning.writtenMilliseconds { return }
                if policy.contains(.waitsForWrittenForever) { return }
                forgetWritten(row, &actions)
            }
            written.removeFirst(1)
        }
    }
}
