import MartletCore

/// One `next` of a reader.
struct ReadRequest: Sendable {
    var offset: Offset
    var maxRecords: Int
    var maxBytes: Int
    var done: @Sendable (LogRead) -> Void
}

/// Gathers records up to a request's limits, at least one.
struct LogPage {
    private(set) var records: [LoggedRecord] = []
    private var bytes = 0
    private let maxRecords: Int
    private let maxBytes: Int

    init(_ request: ReadRequest) {
        maxRecords = max(request.maxRecords, 1)
        maxBytes = request.maxBytes
    }

    /// False if the record has no place any more.
    mutating func add(_ record: LoggedRecord) -> Bool {
        guard records.isEmpty || (records.count < maxRecords && bytes + record.bytes.count <= maxBytes) else {
            return false
        }
        records.append(record)
        bytes += record.bytes.count
        return true
    }
}
