/// A command on its way through the client.
struct PendingCommand {
    let command: RedisCommand
    /// Nil: it was answered already, since its time was over; or it is the client's own.
    var done: RedisClient.Completion?
    /// Monotonic milliseconds.
    let deadline: Int64
    var resends = 0
    /// A server said that the next try, and only that, belongs there (ASK).
    var askedTo: RedisEndpoint?

    func fail(_ error: RedisError) { done?(.failure(error)) }
}

/// First in, first out, with what it holds in bytes and the time at which the first of it is overdue.
struct RequestQueue {
    private var storage: [PendingCommand?] = []
    private var head = 0
    private(set) var bytes = 0
    /// Not later than the earliest deadline.
    private var nextExpiry = Int64.max

    var count: Int { storage.count - head }
    var isEmpty: Bool { head == storage.count }
    var first: PendingCommand? { isEmpty ? nil : storage[head] }

    mutating func append(_ pending: PendingCommand) {
        storage.append(pending)
        bytes += pending.command.cost
        nextExpiry = min(nextExpiry, pending.deadline)
    }

    mutating func popFirst() -> PendingCommand? {
        guard let first else { return nil }
        storage[head] = nil
        head += 1
        bytes -= first.command.cost
        compact()
        return first
    }

    /// Empties the queue.
    mutating func takeAll() -> [PendingCommand] {
        let all = storage[head...].compactMap { $0 }
        self = RequestQueue()
        return all
    }

    func count(of slot: HashSlot) -> Int {
        storage[head...].count { $0?.command.slot == slot }
    }

    /// Takes out what is overdue, in order.
    mutating func takeOverdue(_ now: Int64) -> [PendingCommand] {
        guard now >= nextExpiry else { return [] }
        let all = takeAll()
        for pending in all where pending.deadline > now { append(pending) }
        return all.filter { $0.deadline <= now }
    }

    /// Like `takeOverdue`, but leaves each in its place, answered: its reply is still to come.
    mutating func completionsOverdue(_ now: Int64) -> [RedisClient.Completion] {
        guard now >= nextExpiry else { return [] }
        var completions: [RedisClient.Completion] = []
        nextExpiry = .max
        for index in head..<storage.count {
            guard let pending = storage[index], let done = pending.done else { continue }
            if pending.deadline <= now {
                completions.append(done)
                storage[index]?.done = nil
            } else {
                nextExpiry = min(nextExpiry, pending.deadline)
            }
        }
        return completions
    }

    private mutating func compact() {
        guard head > 32, head * 2 >= storage.count else { return }
        storage.removeFirst(head)
        head = 0
    }
}
