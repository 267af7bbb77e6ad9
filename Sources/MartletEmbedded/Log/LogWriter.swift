import MartletCore
import Synchronization

/// The writer's side of the logs: gives out offsets, and cuts what retention lets go. On the writer's thread.
final class LogWriter {
    private(set) var heads: [LogHead]
    private let tails: [SlotTail]
    private let batch: WriteBatch
    private let configuration: EmbeddedConfiguration
    /// Records of this round, by slot, and the slots that have some in the order of their first append.
    private var unpublished: [[LoggedRecord]]
    private var touched: [Int] = []
    private var cuts: [(slot: Slot, start: Offset)] = []

    init(
        _ database: Database, _ batch: WriteBatch, _ tails: [SlotTail], _ configuration: EmbeddedConfiguration
    ) throws(DatabaseError) {
        self.batch = batch
        self.tails = tails
        self.configuration = configuration
        heads = []
        unpublished = [[LoggedRecord]](repeating: [], count: configuration.slotCount)
        for index in 0..<configuration.slotCount { heads.append(try LogHead.load(database, Slot(index))) }
    }

    func append(_ records: [[UInt8]], to slot: Slot, now: Int64) -> [AppendOutcome] {
        mark(slot, now: now)
        if unpublished[slot.index].isEmpty, !records.isEmpty { touched.append(slot.index) }
        let first = heads[slot.index].end
        var offset = first
        for bytes in records {
            batch.put(.log, LogRows.key(slot, offset), bytes)
            heads[slot.index].bytes += UInt64(bytes.count)
            unpublished[slot.index].append(LoggedRecord(offset: offset, bytes: bytes))
            offset += 1
        }
        heads[slot.index].end = offset
        return (first..<offset).map { .written($0) }
    }

    private func mark(_ slot: Slot, now: Int64) {
        let every = max(configuration.logBytesPerSlot / 16, 1024)
        let after = max(configuration.logMilliseconds / 16, 1)
        guard heads[slot.index].needsMark(now: now, every: every, orAfter: after) else { return }
        let mark = LogMark(offset: heads[slot.index].end, time: now, bytesBefore: heads[slot.index].bytes)
        heads[slot.index].marks.append(mark)
        batch.put(.state, StateKeys.logMark(slot, mark.offset), mark.bytes)
    }

    /// Cuts every log where retention and its readers allow it.
    func trim(now: Int64) {
        for index in heads.indices {
            let allowed = tails[index].state.withLock { $0.allowedTrim }
            let cutoff = now - configuration.logMilliseconds
            let cut = heads[index].cut(allowed: allowed, cutoff: cutoff, maxBytes: configuration.logBytesPerSlot)
            if let cut { trim(index, before: cut) }
        }
    }

    /// Readers see the new start before anything goes, so none takes a hole for a damage.
    private func trim(_ index: Int, before cut: Offset) {
        let slot = Slot(index)
        tails[index].raiseStart(to: cut)
        // From the slot's beginning: nothing is left before `start`, and a range must not begin inside a hint's prefix.
        batch.deleteRange(.log, RowKey(slot).bytes, LogRows.key(slot, cut))
        for mark in heads[index].marks where mark.offset < cut {
            batch.delete(.state, StateKeys.logMark(slot, mark.offset))
        }
        batch.put(.state, StateKeys.tagged(slot, StateKeys.logStartTag), LogHead.startRow(cut))
        heads[index].marks.removeAll { $0.offset < cut }
        cuts.append((slot, heads[index].start))
        heads[index].start = cut
    }

    /// After the batch was written: hands the records to whoever waits for them.
    func roundWritten(_ database: Database) {
        for index in touched {
            tails[index].publish(unpublished[index], end: heads[index].end)
            unpublished[index].removeAll(keepingCapacity: unpublished[index].capacity < 64)
        }
        touched.removeAll(keepingCapacity: true)
        // Only an economy: what is not dropped as a file goes with the next compaction.
        for cut in cuts {
            let end = LogRows.key(cut.slot, heads[cut.slot.index].start)
            try? database.dropFiles(.log, from: LogRows.key(cut.slot, cut.start), to: end)
        }
        cuts.removeAll()
    }

    /// Where the logs end with what was in flight: these offsets are not used again if the round fails.
    var ends: [Offset] { heads.map(\.end) }

    /// After the database was opened again: fills the offsets of a failed round, up to `ends`, with empty records,
    /// which readers skip as garbage. False if the database lost records that were reported as written.
    func settle(upTo ends: [Offset], now: Int64) -> Bool {
        for index in heads.indices {
            guard heads[index].end >= tails[index].bounds.end else { return false }
            let missing = index < ends.count ? ends[index] - heads[index].end : 0
            if missing > 0 { _ = append([[UInt8]](repeating: [], count: Int(missing)), to: Slot(index), now: now) }
            if heads[index].end > tails[index].bounds.end, missing <= 0 { publishStored(index) }
        }
        return true
    }

    /// An unknown append landed: its readers find it in the database.
    private func publishStored(_ index: Int) {
        tails[index].publishStored(end: heads[index].end)
    }
}

extension LogWriter {
    /// What an append that is not written answers under a fault. What was dropped is reported with the offsets that
    /// the next records will get.
    func outcomes(of count: Int, _ slot: Slot, _ fault: WriteFault) -> [AppendOutcome] {
        let next = heads[slot.index].end
        return (0..<Offset(count)).map { index in
            switch fault {
            case .fail: .failed(.unavailable)
            case .drop: .written(next + index)
            case .unknownLanded, .unknownLost: .unknown
            }
        }
    }
}
