@testable import MartletCore

/// One slot's log. It keeps what is trimmed, for the oracle only.
struct SimulatedLog {
    private(set) var records: [[UInt8]] = []
    private(set) var start: Offset = 0
    /// Takes no appends before this time.
    var blockedUntil = 0

    var end: Offset { Offset(records.count) }
    var bounds: LogBounds { LogBounds(start: start, end: end) }

    mutating func append(_ bytes: [UInt8]) -> Offset {
        records.append(bytes)
        return end - 1
    }

    mutating func trim(before offset: Offset) { start = max(start, min(offset, end)) }

    func read(from offset: Offset, max: Int) -> LogRead? {
        if offset < start { return .trimmed(start: start) }
        guard offset < end else { return nil }
        let last = min(end, offset + Offset(max))
        return .records((offset..<last).map { LoggedRecord(offset: $0, bytes: records[Int($0)]) }, end: end)
    }

    /// The smallest p of the checkpoints that a start may use and that are whole before `end`; nil: there is none.
    func oldestUsableCheckpoint(_ codec: RecordCodec, before end: Offset) -> Offset? {
        var seen: [String: Set<UInt32>] = [:]
        var oldest: Offset?
        for bytes in records[Int(start)..<max(Int(start), Int(end))] {
            guard case .record(let record) = codec.decode(bytes), case .checkpoint(let part) = record.body,
                part.position >= start - 1
            else { continue }
            let name = "\(record.epoch) \(part.position) \(part.parts)"
            seen[name, default: []].insert(part.part)
            if seen[name]?.count == Int(part.parts) { oldest = min(oldest ?? part.position, part.position) }
        }
        return oldest
    }
}
