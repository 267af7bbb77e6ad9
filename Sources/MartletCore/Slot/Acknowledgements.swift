/// Which slots are to be told how far this one has decided of what they derived for it (rule 6).
struct Acknowledgements: Sendable {
    private enum Mark: UInt8 { case none, due, told }

    private var marks: [Mark]
    /// Sources in the order in which they became due, and those that were told since the last repetition.
    private var due: [Int] = []
    private var told: [Int] = []
    private var repeatAt: Int64 = 0
    /// The highest m that was seen of each source, decided or not: what the rule forbids to acknowledge.
    private(set) var seen: [UInt64]

    init(slotCount: Int) {
        marks = Array(repeating: .none, count: slotCount)
        seen = Array(repeating: 0, count: slotCount)
    }

    /// A dropped one too: its source sends again what it does not know to be decided.
    mutating func saw(_ incoming: Incoming, _ decision: SlotDecision) {
        let source = incoming.source.index
        seen[source] = max(seen[source], incoming.m)
        guard marks[source] != .due else { return }
        if marks[source] == .told { told.removeAll { $0 == source } }
        marks[source] = .due
        due.append(source)
    }

    mutating func takeDue() -> [Int] {
        guard !due.isEmpty else { return [] }
        let taken = due
        due.removeAll()
        for source in taken { marks[source] = .told }
        told.append(contentsOf: taken)
        return taken
    }

    /// What was told goes once more: it may have been lost.
    mutating func repeatTold(_ now: Now, every period: Int64) {
        guard now.monotonic >= repeatAt else { return }
        repeatAt = now.monotonic + period
        for source in told { marks[source] = .none }
        let repeated = told
        told.removeAll()
        due.append(contentsOf: repeated)
        for source in repeated { marks[source] = .due }
    }
}
