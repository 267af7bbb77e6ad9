/// A hash slot whose commands wait: a server did not carry one out, and those behind it must not overtake it. It is let
/// go when that server has answered what it was sent of the slot.
struct SlotHold {
    let link: CommandLink
    /// Answers of `link` that are to come.
    var outstanding: Int
    /// Not before this time; monotonic milliseconds.
    var resumesAt: Int64
    /// Sent before, in the order of sending, and before all of `fresh`.
    var again = RequestQueue()
    var fresh = RequestQueue()

    var count: Int { again.count + fresh.count }
    var bytes: Int { again.bytes + fresh.bytes }

    func isOver(_ now: Int64) -> Bool { outstanding == 0 && now >= resumesAt }

    mutating func takeAll() -> [PendingCommand] { again.takeAll() + fresh.takeAll() }
    mutating func takeOverdue(_ now: Int64) -> [PendingCommand] { again.takeOverdue(now) + fresh.takeOverdue(now) }
}
