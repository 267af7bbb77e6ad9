/// What was pushed to a session and not acknowledged: at most 64 entries and 256 KiB, then it goes behind.
struct PushCredit {
    private struct Pushed {
        var seq: Offset
        var entries: Int32
        var bytes: Int32
    }

    private var pushed: [Pushed] = []
    private var entries: Int32 = 0
    private var bytes: Int32 = 0

    /// An entry that is greater than the whole credit still goes out alone.
    func admits(_ cost: Int, _ limits: Limits) -> Bool {
        pushed.isEmpty || (Int(entries) < limits.creditEntries && Int(bytes) + cost <= limits.creditBytes)
    }

    mutating func push(_ seq: Offset, cost: Int) { take(seq, entries: 1, bytes: cost) }

    /// Pushed by a home before this one, which alone knew how much: counted as half of the credit.
    mutating func assume(upTo seq: Offset, _ limits: Limits) {
        take(seq, entries: Int32(limits.creditEntries / 2), bytes: limits.creditBytes / 2)
    }

    mutating func acknowledge(_ seq: Offset) {
        guard let first = pushed.first, first.seq <= seq else { return }
        var done = 0
        while done < pushed.count, pushed[done].seq <= seq {
            entries -= pushed[done].entries
            bytes -= pushed[done].bytes
            done += 1
        }
        pushed.removeFirst(done)
        // A session that went quiet gives back what a burst made it hold.
        if pushed.isEmpty, pushed.capacity > 16 { pushed = [] }
    }

    /// Its client pulled everything: nothing is outstanding.
    mutating func reset() { self = PushCredit() }

    private mutating func take(_ seq: Offset, entries count: Int32, bytes cost: Int) {
        pushed.append(Pushed(seq: seq, entries: count, bytes: Int32(clamping: cost)))
        entries += count
        bytes += Int32(clamping: cost)
    }
}
