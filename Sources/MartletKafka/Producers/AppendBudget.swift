import Synchronization

/// The records and bytes of all slots that may be on their way at a time.
final class AppendBudget: Sendable {
    private let records = Atomic(0)
    private let bytes = Atomic(0)
    private let maxRecords: Int
    private let maxBytes: Int

    init(maxRecords: Int, maxBytes: Int) {
        self.maxRecords = maxRecords
        self.maxBytes = maxBytes
    }

    /// False: there is no room, and nothing was taken.
    func take(records count: Int, bytes size: Int) -> Bool {
        let allRecords = records.add(count, ordering: .relaxed).newValue
        let allBytes = bytes.add(size, ordering: .relaxed).newValue
        if allRecords <= maxRecords, allBytes <= maxBytes { return true }
        give(records: count, bytes: size)
        return false
    }

    func give(records count: Int, bytes size: Int) {
        records.subtract(count, ordering: .relaxed)
        bytes.subtract(size, ordering: .relaxed)
    }

    /// Records on their way.
    var recordsTaken: Int { records.load(ordering: .relaxed) }
}
