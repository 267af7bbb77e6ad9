/// Rule 9, as the machine keeps count of it.
struct CheckpointProgress: Sendable {
    private var collector = CheckpointCollector()
    /// p of the newest whole checkpoint that was read; -1: none since the start.
    private(set) var position: Offset = -1
    /// The store is being read for one.
    var isReading = false
    /// The last one's p, and where and when the count to the next one began.
    var written: Offset = -1
    private var begunAt: Offset = -1
    private var begunTime: Int64 = 0
    /// Trimming was allowed before this offset.
    var trimmedBefore: Offset = 0

    mutating func begin(at offset: Offset, _ now: Now) {
        begunAt = offset
        begunTime = now.monotonic
    }

    mutating func saw(_ part: CheckpointPart, epoch: Epoch) {
        begunAt += 1
        if collector.add(part, epoch: epoch, keepsRows: false) != nil { position = max(position, part.position) }
    }

    func isDue(at offset: Offset, _ now: Now, _ tuning: SlotTuning) -> Bool {
        let records = offset - begunAt
        let isOld = now.monotonic - begunTime >= tuning.checkpointMilliseconds
        return records >= tuning.checkpointRecords || records > 0 && isOld
    }
}

extension SlotMachine {
    mutating func checkpointIfDue(_ now: Now, _ actions: inout [SlotAction]) {
        guard isReady, !checkpoints.isReading, stored.forwarded > checkpoints.written,
            checkpoints.isDue(at: decidedOffset, now, tuning)
        else { return }
        checkpoints.isReading = true
        actions.append(.readCheckpoint)
    }

    /// Answers `readCheckpoint`: the state as of the stored `forwarded`. A failure is tried again when the next one
    /// is due.
    public mutating func checkpointRows(
        _ result: Result<(forwarded: Offset, rows: [CheckpointRow]), PortError>, now: Now,
        into actions: inout [SlotAction]
    ) {
        guard checkpoints.isReading else { return }
        checkpoints.isReading = false
        guard isReady else { return }
        checkpoints.begin(at: decidedOffset, now)
        guard case .success(let found) = result, found.forwarded > checkpoints.written else { return }
        var position = found.forwarded, rows = found.rows
        if policy.contains(.checkpointsAllDecided) {
            position = decidedOffset
            rows += history.stateChanges(upTo: position, of: state).map { .state($0) }
        }
        checkpoints.written = position
        write(rows, at: position, now, &actions)
    }

    private func write(_ rows: [CheckpointRow], at position: Offset, _ now: Now, _ actions: inout [SlotAction]) {
        let size = tuning.checkpointRowsPerPart
        let parts = max(1, (rows.count + size - 1) / size)
        for part in 0..<parts {
            let slice = Array(rows[part * size..<min(rows.count, (part + 1) * size)])
            let body = CheckpointPart(position: position, part: UInt32(part), parts: UInt32(parts), rows: slice)
            let record = Record(epoch: epoch, time: now.wall, body: .checkpoint(body))
            actions.append(.append(to: slot, record, token: AppendToken.other.rawValue))
        }
    }

    /// The log is needed from the stored `forwarded` on, and from the p of the last whole checkpoint on.
    mutating func allowTrim(atLeast records: Offset, _ actions: inout [SlotAction]) {
        let needed = min(stored.forwarded, checkpoints.position)
        let before = (policy.contains(.trimsToOffset) ? stored.offset : needed) + 1
        guard before > 0, before - checkpoints.trimmedBefore >= max(records, 1) else { return }
        checkpoints.trimmedBefore = before
        actions.append(.allowTrim(before: before))
    }
}
