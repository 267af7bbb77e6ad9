/// What this slot derived for the other slots and they have not acknowledged (rule 6).
struct OwedRecords: Sendable {
    struct Owed: Sendable {
        let offset: Offset
        let incoming: Incoming
        /// When it first went.
        var sentAt: Int64 = 0
    }

    struct Target: Sendable {
        var records = FIFOQueue<Owed>()
        /// The target has decided all up to here; sent once or more up to `sent`.
        var acknowledged: UInt64
        var sent: UInt64
        /// Up to here records went more than once.
        var resent: UInt64 = 0
        /// How far `sent` may run ahead of `acknowledged`.
        var window: Int
        /// When what was sent and not acknowledged goes again, and how long it waits after that.
        var resendAt: Int64 = .max
        var resendAfter: Int64
        /// It is in `unsent`.
        var isListed = false

        var last: UInt64 { records.last?.incoming.m ?? acknowledged }
    }

    private(set) var targets: [Target]
    /// Targets with something to send, in the order in which that came about.
    private var unsent: [Int] = []
    private let tuning: SlotTuning
    /// Of all targets: where they have much to do, all of them have.
    private var time = AcknowledgementTime()
    /// No target's `resendAt` is before this.
    private var nextResend: Int64 = .max

    /// `acknowledged`: how many were derived for each as of `forwarded`, and so acknowledged.
    init(acknowledged: [UInt64], tuning: SlotTuning) {
        self.tuning = tuning
        targets = acknowledged.map {
            Target(
                acknowledged: $0, sent: $0, window: tuning.owedInFlight, resendAfter: tuning.resendMilliseconds)
        }
    }

    func count(for target: Slot) -> Int { targets[target.index].records.count }

    /// The offset of the oldest record that something is owed of.
    var firstOffset: Offset? {
        var first: Offset?
        for target in targets.indices {
            guard let offset = targets[target].records.first?.offset else { continue }
            first = min(first ?? offset, offset)
        }
        return first
    }

    mutating func append(_ incoming: Incoming, at offset: Offset, for target: Slot) {
        guard incoming.m > targets[target.index].acknowledged else { return }
        targets[target.index].records.append(Owed(offset: offset, incoming: incoming))
        list(target.index)
    }

    private mutating func list(_ target: Int) {
        guard !targets[target].isListed else { return }
        targets[target].isListed = true
        unsent.append(target)
    }

    mutating func acknowledge(by slot: Slot, upTo m: UInt64, now: Int64) {
        let index = slot.index
        guard m > targets[index].acknowledged else { return }
        if let first = targets[index].records.first, first.sentAt > 0, first.incoming.m > targets[index].resent {
            time.take(now - first.sentAt)
        }
        targets[index].acknowledged = m
        targets[index].sent = max(targets[index].sent, m)
        while let first = targets[index].records.first, first.incoming.m <= m { targets[index].records.removeFirst(1) }
        targets[index].window = min(targets[index].window * 2, tuning.owedInFlight)
        // Slowly: where acknowledgements take long because all have much to do, what is sent again adds to it.
        targets[index].resendAfter = max(tuning.resendMilliseconds, targets[index].resendAfter * 7 / 8)
        schedule(index, targets[index].sent > m ? now + patience(with: index) : .max)
        if targets[index].last > targets[index].sent { list(index) }
    }

    /// How long it may take to acknowledge what was sent to it.
    private func patience(with target: Int) -> Int64 {
        max(targets[target].resendAfter, min(time.late, tuning.resendMaxMilliseconds))
    }

    /// An append for the target may not have happened: what is not acknowledged goes again soon.
    mutating func appendFailed(for slot: Slot, now: Int64) {
        guard targets.indices.contains(slot.index), !targets[slot.index].records.isEmpty else { return }
        schedule(slot.index, min(targets[slot.index].resendAt, now + tuning.retryMilliseconds))
    }

    /// What was not acknowledged in time goes again, a little at first: the target may be away for long.
    mutating func resend(now: Int64) {
        guard now >= nextResend else { return }
        nextResend = targets.reduce(.max) { $1.resendAt > now ? min($0, $1.resendAt) : $0 }
        for index in targets.indices where targets[index].resendAt <= now {
            targets[index].resendAt = .max
            guard !targets[index].records.isEmpty else { continue }
            targets[index].resent = targets[index].sent
            targets[index].sent = targets[index].acknowledged
            targets[index].window = tuning.owedProbe
            targets[index].resendAfter = min(targets[index].resendAfter * 2, tuning.resendMaxMilliseconds)
            list(index)
        }
    }

    /// Calls `send` with all that may go now: per target in order.
    mutating func drain(now: Int64, _ send: (Slot, Incoming) -> Void) {
        guard !unsent.isEmpty else { return }
        let listed = unsent
        unsent.removeAll(keepingCapacity: true)
        for index in listed {
            targets[index].isListed = false
            drain(index, now: now, send)
        }
    }

    private mutating func drain(_ index: Int, now: Int64, _ send: (Slot, Incoming) -> Void) {
        guard let first = targets[index].records.first?.incoming.m else { return }
        let sent = max(targets[index].sent, first - 1)
        let end = min(targets[index].last, targets[index].acknowledged + UInt64(targets[index].window))
        guard sent < end else { return }
        for m in sent + 1...end {
            targets[index].records.update(Int(m - first)) { owed in
                if owed.sentAt == 0 { owed.sentAt = now }
                send(Slot(index), owed.incoming)
            }
        }
        targets[index].sent = end
        if targets[index].resendAt == .max { schedule(index, now + patience(with: index)) }
    }

    private mutating func schedule(_ index: Int, _ time: Int64) {
        targets[index].resendAt = time
        nextResend = min(nextResend, time)
    }
}
