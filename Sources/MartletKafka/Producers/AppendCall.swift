import MartletCore

/// One `append` on its way: outcomes come record by record, the answer when all are there.
struct AppendCall: Sendable {
    /// Which life of the producer it was given to.
    let life: UInt64
    let bytes: Int
    var outcomes: [AppendOutcome]
    private var isSettled: [Bool]
    private(set) var open: Int
    let done: @Sendable ([AppendOutcome]) -> Void

    /// Until it is told otherwise, the outcome of each record is unknown.
    init(life: UInt64, records: Int, bytes: Int, done: @escaping @Sendable ([AppendOutcome]) -> Void) {
        self.life = life
        self.bytes = bytes
        self.done = done
        outcomes = Array(repeating: .unknown, count: records)
        isSettled = Array(repeating: false, count: records)
        open = records
    }

    mutating func settle(_ index: Int, _ outcome: AppendOutcome) {
        guard outcomes.indices.contains(index), !isSettled[index] else { return }
        isSettled[index] = true
        outcomes[index] = outcome
        open -= 1
    }

    func answer() { done(outcomes) }
}

/// Names a record of a call in the pointer that librdkafka carries along; never zero.
struct RecordTag: Hashable, Sendable {
    static let maxRecords = 1 << 20
    let rawValue: UInt

    init(rawValue: UInt) { self.rawValue = rawValue }
    init(call: UInt64, index: Int) { rawValue = UInt(call) << 20 | UInt(index) }

    var call: UInt64 { UInt64(rawValue >> 20) }
    var index: Int { Int(rawValue & 0xF_FFFF) }
}

/// What a delivery report says of one record.
struct DeliveryReport: Sendable {
    let tag: RecordTag
    let outcome: AppendOutcome
}
