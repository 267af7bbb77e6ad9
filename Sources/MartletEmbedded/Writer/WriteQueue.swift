import MartletCore

/// What waits for the writer. Bounded by bytes: beyond that callers get `unavailable` at once, not later.
final class WriteQueue: Sendable {
    private struct State: Sendable {
        var requests: [WriteRequest] = []
        var bytes = 0
        var isClosed = false
        /// The writer waits and nobody has woken it yet: one signal is enough for all that come before it runs.
        var isWanting = false

        /// Leaves room for about as many again.
        mutating func takeAll() -> [WriteRequest] {
            let taken = requests
            requests = []
            requests.reserveCapacity(min(taken.count, 1_024))
            bytes = 0
            return taken
        }
    }

    private let state = Monitor(State())
    private let maxBytes: Int
    private let pool: ReaderPool

    init(maxBytes: Int, pool: ReaderPool) {
        self.maxBytes = maxBytes
        self.pool = pool
    }

    func submit(_ request: WriteRequest) {
        let cost = request.cost
        let (refusal, wakes) = state.withLock { state -> (PortError?, Bool) in
            if state.isClosed { return (.closed, false) }
            if state.bytes > maxBytes { return (.unavailable, false) }
            state.requests.append(request)
            state.bytes += cost
            defer { state.isWanting = false }
            return (nil, state.isWanting)
        }
        if let refusal { pool.submit { request.refuse(refusal) } }
        if wakes { state.signal() }
    }

    /// All that waits, after at most `milliseconds` if nothing does; nil: closed, and nothing is left.
    func take(milliseconds: Int64) -> [WriteRequest]? {
        let taken: [WriteRequest]?? = state.wait(milliseconds: milliseconds) { state in
            state.isWanting = state.requests.isEmpty
            if state.requests.isEmpty { return state.isClosed ? .some(nil) : nil }
            return .some(state.takeAll())
        }
        return taken ?? []
    }

    func close() {
        state.withLock { $0.isClosed = true }
        state.signal()
    }
}
