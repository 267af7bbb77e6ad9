/// Which slots are to be told how far this one has decided of what they derived for it (rule 6).
struct Acknowledgements: Sendable {
    private enum Mark: UInt8 {
        case none
        /// In `due`; for the second time.
        case due, dueAgain
        case told
    }

    private var marks: [Mark]
    /// Sources in the order in which they became due.
    private var due: [Int] = []
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
        if marks[source] == .none || marks[source] == .told { due.append(source) }
        marks[source] = .due
    }

    mutating func takeDue() -> [Int] {
        guard !due.isEmpty else { return [] }
        let taken = due
        due.removeAll(keepingCapacity: true)
        for source in taken { marks[source] = marks[source] == .due ? .told : .none }
        return taken
    }

    /// What was told goes once more: it may have been lost. If that is lost too, the source sends its record again,
    /// and is told then.
    mutating func repeatTold(_ now: Now, every period: Int64) {
        guard now.monotonic >= repeatAt else { return }
        repeatAt = now.monotonic + period
        for source in marks.indices where marks[source] == .told {
            marks[source] = .dueAgain
            due.append(source)
        }
    }
}
