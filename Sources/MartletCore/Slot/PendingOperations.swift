/// Mailbox operations that were decided and are not known to be stored, in order.
struct PendingOperations: Sendable {
    private struct Pending: Sendable {
        /// Of the record; for one that no record brought, the offset that was decided when it came.
        let offset: Offset
        let isFromLog: Bool
        let operation: MailboxOperation
    }

    private var queue = FIFOQueue<Pending>()

    var count: Int { queue.count }
    var isEmpty: Bool { queue.isEmpty }

    mutating func append(_ operation: MailboxOperation, at offset: Offset) {
        queue.append(Pending(offset: offset, isFromLog: true, operation: operation))
    }

    /// A cursor or a receipt: it goes with the next step, in order.
    mutating func add(_ operation: MailboxOperation, decided: Offset) {
        queue.append(Pending(offset: decided, isFromLog: false, operation: operation))
    }

    /// About `max` operations from the front, and the offset that the store is as of with them: `decided` if they are
    /// all. The operations of one record stay together.
    func prefix(_ max: Int, decided: Offset) -> (operations: [MailboxOperation], offset: Offset) {
        var count = min(max, queue.count)
        while count > 0, count < queue.count, queue[count].offset == queue[count - 1].offset { count += 1 }
        let offset = count == queue.count ? decided : queue[count - 1].offset
        return ((0..<count).map { queue[$0].operation }, offset)
    }

    mutating func removeFirst(_ count: Int) { queue.removeFirst(count) }

    /// Those that the log brought up to `offset` are stored. What else waits is kept: it may be stored twice.
    mutating func removeFromLog(upTo offset: Offset) {
        var kept = FIFOQueue<Pending>()
        for index in 0..<queue.count where !queue[index].isFromLog || queue[index].offset > offset {
            kept.append(queue[index])
        }
        queue = kept
    }

    func operations(of user: Key, above offset: Offset) -> [MailboxOperation] {
        var found: [MailboxOperation] = []
        for index in firstIndex(notBelow: offset)..<queue.count {
            let pending = queue[index]
            guard pending.offset > offset || !pending.isFromLog, pending.operation.user == user else { continue }
            found.append(pending.operation)
        }
        return found
    }

    private func firstIndex(notBelow offset: Offset) -> Int {
        var low = 0, high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension MailboxOperation {
    /// Whose mailbox it changes.
    public var user: Key {
        switch self {
        case .append(let user, _), .read(let user, _, _, _), .receipt(let user, _, _, _, _), .cursor(let user, _, _, _),
            .receipted(let user, _), .trimmed(let user, _, _):
            user
        }
    }
}
