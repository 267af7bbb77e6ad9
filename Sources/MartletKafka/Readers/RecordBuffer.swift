import MartletCore

/// Records that were fetched and not asked for yet: dense, in order.
struct RecordBuffer {
    private var records: [LoggedRecord] = []
    private var head = 0
    /// The offset that comes next to whoever reads.
    private(set) var first: Offset
    private(set) var bytes = 0

    init(first: Offset) { self.first = first }

    var count: Int { records.count - head }
    var isEmpty: Bool { head == records.count }
    /// The offset to fetch next.
    var end: Offset { first + Offset(count) }

    mutating func append(_ record: LoggedRecord) {
        records.append(record)
        bytes += RecordBuffer.cost(record)
    }

    /// Takes up to `maxRecords` and about `maxBytes`, one at least.
    mutating func take(maxRecords: Int, maxBytes: Int) -> [LoggedRecord] {
        var size = 0, stop = head
        while stop < records.count, stop - head < max(1, maxRecords) {
            size += records[stop].bytes.count
            if stop > head, size > maxBytes { break }
            stop += 1
        }
        let taken = Array(records[head..<stop])
        bytes -= taken.reduce(0) { $0 + RecordBuffer.cost($1) }
        first += Offset(taken.count)
        head = stop
        compact()
        return taken
    }

    private mutating func compact() {
        if isEmpty {
            records.removeAll(keepingCapacity: records.count <= 1_024)
        } else if head > 4_096 {
            records.removeFirst(head)
        } else {
            return
        }
        head = 0
    }

    /// A record's bytes and what an array takes beside them.
    private static func cost(_ record: LoggedRecord) -> Int { record.bytes.count + 64 }
}
