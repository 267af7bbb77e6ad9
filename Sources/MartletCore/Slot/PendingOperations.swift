/// Mailbox operations that were decided and are not known to be stored, in order.
///
/// Those of a step share their array with it, so that giving them out copies nothing.
struct PendingOperations: Sendable {
    private struct Place: Sendable {
        /// Of the record; for one that no record brought, the offset that was decided when it came.
        let offset: Offset
        let isFromLog: Bool
    }

    private var places = FIFOQueue<Place>()
    /// The operations at `places`: first what the last step was given, then what came since.
    private var given: [MailboxOperation] = []
    private var waiting: [MailboxOperation] = []

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }

    mutating func append(_ operation: MailboxOperation, at offset: Offset) {
        places.append(Place(offset: offset, isFromLog: true))
        waiting.append(operation)
    }

    /// A cursor or a receipt: it goes with the next step, in order.
    mutating func add(_ operation: MailboxOperation, decided: Offset) {
        places.append(Place(offset: decided, isFromLog: false))
        waiting.append(operation)
    }

    /// About `max` operations from the front, and the offset that the store is as of with them: `decided` if they are
    /// all. The operations of one record stay together.
    mutating func give(_ max: Int, decided: Offset) -> (operations: [MailboxOperation], offset: Offset) {
        var count = min(max, self.count)
        while count > 0, count < self.count, places[count].offset == places[count - 1].offset { count += 1 }
        give(count)
        return (given, count == self.count ? decided : places[count - 1].offset)
    }

    private mutating func give(_ count: Int) {
        if given.isEmpty, count == waiting.count { return swap(&given, &waiting) }
        guard count != given.count else { return }
        let all = given + waiting
        given = Array(all[..<count])
        waiting = Array(all[count...])
    }

    mutating func removeFirst(_ count: Int) {
        places.removeFirst(count)
        if count < given.count { return given.removeFirst(count) }
        waiting.removeFirst(count - given.count)
        given = []
    }

    /// Those that the log brought up to `offset` are stored. What else waits is kept: it may be stored twice.
    mutating func removeFromLog(upTo offset: Offset) {
        let before = self
        self = PendingOperations()
        for index in 0..<before.count where !before.places[index].isFromLog || before.places[index].offset > offset {
            places.append(before.places[index])
            waiting.append(before.operation(index))
        }
    }

    private func operation(_ index: Int) -> MailboxOperation {
        index < given.count ? given[index] : waiting[index - given.count]
    }

    func operations(of user: Key, above offset: Offset) -> [MailboxOperation] {
        var found: [MailboxOperation] = []
        for index in firstIndex(notBelow: offset)..<count {
            let place = places[index]
            guard place.offset > offset || !place.isFromLog else { continue }
            let operation = operation(index)
            if operation.user == user { found.append(operation) }
        }
        return found
    }

    private func firstIndex(notBelow offset: Offset) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].offset < offset { low = middle + 1 } else { high = middle }
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
