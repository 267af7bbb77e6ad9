import MartletCore
import Synchronization

/// A position in one slot's log. It waits in the slot's tail, without a thread.
final class EmbeddedLogReader: LogReader {
    private struct State: Sendable {
        var offset: Offset
        var isCancelled = false
    }

    private let tail: SlotTail
    private let pool: ReaderPool
    private let gate: DatabaseGate
    private let state: Mutex<State>

    init(_ tail: SlotTail, from offset: Offset, pool: ReaderPool, gate: DatabaseGate) {
        self.tail = tail
        self.pool = pool
        self.gate = gate
        state = Mutex(State(offset: max(offset, 0)))
    }

    func next(maxRecords: Int, maxBytes: Int, done: @escaping @Sendable (LogRead) -> Void) {
        let position = state.withLock { $0.isCancelled ? nil : $0.offset }
        guard let position else { return }
        let request = ReadRequest(offset: position, maxRecords: maxRecords, maxBytes: maxBytes, done: done)
        let waits = tail.state.withLock { state in
            guard position >= state.end, !state.isClosed else { return false }
            state.waiters.append(SlotTail.Waiter(reader: self, request: request))
            return true
        }
        if !waits { readAgain(request) }
    }

    /// From memory or the database, on a thread of the pool.
    func readAgain(_ request: ReadRequest) { pool.submit { [self] in finish(request, read(request)) } }

    func cancel() {
        state.withLock { $0.isCancelled = true }
        tail.state.withLock { $0.waiters.removeAll { $0.reader === self } }
    }

    /// Moves behind what `answer` holds, and passes it on.
    func finish(_ request: ReadRequest, _ answer: LogRead) {
        let isWanted = state.withLock { state in
            if case .records(let records, _) = answer, let last = records.last { state.offset = last.offset + 1 }
            return !state.isCancelled
        }
        if isWanted { request.done(answer) }
    }

    /// On a thread of the pool.
    private func read(_ request: ReadRequest) -> LogRead {
        let (state, cached) = tail.state.withLock { state in
            (
                (start: state.start, end: state.end, isClosed: state.isClosed),
                state.records(from: request.offset, request)
            )
        }
        if state.isClosed { return .failed(.closed) }
        if request.offset < state.start { return .trimmed(start: state.start) }
        if let cached { return .records(cached, end: state.end) }
        return readStored(request, end: state.end)
    }

    private func readStored(_ request: ReadRequest, end: Offset) -> LogRead {
        do {
            let found = try gate.read { database throws(DatabaseError) in
                try LogRows.read(database, tail.slot, request, end: end)
            }
            guard let found else { return .failed(.unavailable) }
            guard found.first?.offset == request.offset else { return missing(at: request.offset) }
            return .records(found, end: end)
        } catch {
            return .failed(error.isCorruption ? .corrupt(error.description) : .unavailable)
        }
    }

    /// It was trimmed between the look at the bounds and the read.
    private func missing(at offset: Offset) -> LogRead {
        let start = tail.bounds.start
        if start > offset { return .trimmed(start: start) }
        return .failed(.corrupt("the log of slot \(tail.slot) has no record \(offset)"))
    }
}
