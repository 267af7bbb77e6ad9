import MartletCore

/// What the coordinator has to hear of the slots of one loop, until the cluster store has said that it heard it: a
/// release that is lost holds the slot's next owner up until the coordinator's patience ends.
///
/// Of one slot only the newest report counts, so what waits is bounded by the slots. One batch is under way at a time;
/// one that failed, or may have failed, is said again, which the store takes without harm (it compares epochs).
struct SlotReports {
    static let retryMilliseconds: Int64 = 500

    /// In the order in which they were said; one a slot.
    private var waiting: [SlotReport] = []
    private var underWay: [SlotReport] = []
    private var isAsking = false
    private var nextTry: Int64 = .min

    var isEmpty: Bool { waiting.isEmpty && !isAsking }

    mutating func add(_ report: SlotReport) {
        waiting.removeAll { $0.slot == report.slot }
        waiting.append(report)
    }

    /// What was said of the slot is true no longer; what is under way may still arrive.
    mutating func forget(_ slot: Slot) {
        waiting.removeAll { $0.slot == slot }
        underWay.removeAll { $0.slot == slot }
    }

    /// The next batch for the store; nil: none is due.
    mutating func next(now: Int64) -> [SlotReport]? {
        guard !isAsking, !waiting.isEmpty, now >= nextTry else { return nil }
        isAsking = true
        swap(&waiting, &underWay)
        return underWay
    }

    /// The store answered to the batch.
    mutating func answered(_ error: PortError?, now: Int64) {
        let said = underWay
        underWay = []
        isAsking = false
        guard error != nil else { return }
        nextTry = now + Self.retryMilliseconds
        // What was said since is newer.
        waiting = said.filter { old in !waiting.contains { $0.slot == old.slot } } + waiting
    }
}
