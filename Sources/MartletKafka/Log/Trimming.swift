import MartletCore

/// What may be removed of each slot's log, and when it is worth a request. Confined to the loop.
struct Trimming {
    private let intervalMilliseconds: Int64
    private var allowed: [Offset]
    private var asked: [Offset]
    private var dueAt: Int64?

    init(_ configuration: KafkaConfiguration) {
        intervalMilliseconds = configuration.trimMilliseconds
        allowed = Array(repeating: 0, count: configuration.slotCount)
        asked = allowed
    }

    mutating func allow(_ slot: Slot, before offset: Offset) {
        guard slot.index < allowed.count else { return }
        allowed[slot.index] = max(allowed[slot.index], offset)
    }

    /// Once per interval, for all slots together.
    mutating func isDue(_ now: Now) -> Bool {
        guard intervalMilliseconds > 0 else { return false }
        guard let due = dueAt else {
            dueAt = now.monotonic + intervalMilliseconds
            return false
        }
        return now.monotonic >= due
    }

    /// All slots of which something may be removed: what is too young today is not tomorrow.
    mutating func take(_ now: Now) -> [(slot: Slot, before: Offset)] {
        dueAt = now.monotonic + intervalMilliseconds
        return allowed.indices.filter { allowed[$0] > 0 }.map { (Slot($0), allowed[$0]) }
    }
}
