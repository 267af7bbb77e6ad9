import MartletCore
import Synchronization

/// The end of one slot's log in memory: its bounds, its most recent records, and the readers that wait for more.
///
/// Records get here once they are committed, so what a reader sees is durable. In steady state every reader stands
/// near the end and is served from here, without a read from disk.
final class SlotTail: Sendable {
    struct Waiter: Sendable {
        let reader: EmbeddedLogReader
        let request: ReadRequest
    }

    struct State: Sendable {
        var start: Offset
        /// The offset that the next record gets.
        var end: Offset
        var allowedTrim: Offset = 0
        var isClosed = false
        var recent: [LoggedRecord] = []
        /// Index of the first record that is still kept; what is before it was given up.
        var head = 0
        var bytes = 0
        var waiters: [Waiter] = []
    }

    let slot: Slot
    let maxBytes: Int
    let state: Mutex<State>

    init(slot: Slot, start: Offset, end: Offset, maxBytes: Int) {
        self.slot = slot
        self.maxBytes = maxBytes
        state = Mutex(State(start: start, end: end))
    }

    var bounds: LogBounds { state.withLock { LogBounds(start: $0.start, end: $0.end) } }

    /// Takes committed records, which follow the end, and answers the readers that waited for them.
    func publish(_ records: [LoggedRecord], end: Offset) {
        var answered = state.withLock { state -> (Waiter, LogRead)? in
            state.append(records)
            state.end = max(state.end, end)
            return state.takeAnswered(keeping: maxBytes)
        }
        while let (waiter, answer) = answered {
            waiter.reader.finish(waiter.request, answer)
            answered = state.withLock { $0.waiters.isEmpty ? nil : $0.takeAnswered(keeping: maxBytes) }
        }
    }

    /// Everything before `start` is going to be removed.
    func raiseStart(to start: Offset) {
        state.withLock { state in
            state.start = max(state.start, start)
            state.dropRecords(before: start)
        }
    }

    func allowTrim(before offset: Offset) {
        state.withLock { $0.allowedTrim = max($0.allowedTrim, min(offset, $0.end)) }
    }

    /// Nothing more will come: who waits is told.
    func close() {
        let waiters = state.withLock { state -> [Waiter] in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.reader.finish(waiter.request, .failed(.closed)) }
    }
}

extension SlotTail.State {
    mutating func append(_ records: [LoggedRecord]) {
        for record in records { bytes += record.bytes.count }
        recent.append(contentsOf: records)
    }

    mutating func evict(above maxBytes: Int) {
        while bytes > maxBytes, head < recent.count { dropFirst() }
        compactIfNeeded()
    }

    mutating func dropRecords(before offset: Offset) {
        while head < recent.count, recent[head].offset < offset { dropFirst() }
        compactIfNeeded()
    }

    private mutating func dropFirst() {
        bytes -= recent[head].bytes.count
        recent[head].bytes = []
        head += 1
    }

    private mutating func compactIfNeeded() {
        guard head > 64, head * 2 > recent.count else { return }
        recent.removeFirst(head)
        head = 0
    }

    /// Records from `offset` on; nil if memory does not go back that far. Offsets have no gaps.
    func records(from offset: Offset, _ request: ReadRequest) -> [LoggedRecord]? {
        guard head < recent.count, offset >= recent[head].offset else { return nil }
        var taken = LogPage(request)
        for record in recent[(head + Int(offset - recent[head].offset))...] where !taken.add(record) { break }
        return taken.records
    }

    /// A reader that waits no longer, and what it gets. What is above `maxBytes` goes when the last one has it.
    mutating func takeAnswered(keeping maxBytes: Int) -> (SlotTail.Waiter, LogRead)? {
        let answered = takeAnswered()
        if answered == nil || waiters.isEmpty { evict(above: maxBytes) }
        return answered
    }

    private mutating func takeAnswered() -> (SlotTail.Waiter, LogRead)? {
        for index in waiters.indices where waiters[index].request.offset < end {
            guard let found = records(from: waiters[index].request.offset, waiters[index].request) else { continue }
            return (waiters.remove(at: index), .records(found, end: end))
        }
        return nil
    }
}

extension SlotTail {
    /// Records were found in the database that did not come through memory: readers are sent there.
    func publishStored(end: Offset) {
        let waiters = state.withLock { state -> [Waiter] in
            state.end = max(state.end, end)
            state.forgetRecent()
            let answered = state.waiters.filter { $0.request.offset < state.end }
            state.waiters.removeAll { $0.request.offset < end }
            return answered
        }
        for waiter in waiters { waiter.reader.readAgain(waiter.request) }
    }
}

extension SlotTail.State {
    /// What comes next does not follow on what memory has.
    mutating func forgetRecent() {
        recent = []
        head = 0
        bytes = 0
    }
}
