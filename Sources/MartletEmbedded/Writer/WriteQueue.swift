import MartletCore

/// What waits for the writer. Bounded by bytes: beyond that callers get `unavailable` at once, not later.
final class WriteQueue: Sendable {
    private struct State: Sendable {
        var requests: [WriteRequest] = []
        var bytes = 0
        var isClosed = false
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
        let refusal = state.withLock { state -> PortError? in
            if state.isClosed { return .closed }
            if state.bytes > maxBytes { return .unavailable }
            state.requests.append(request)
            state.bytes += cost
            return nil
        }
        if let refusal {
            pool.submit { request.refuse(refusal) }
        } else {
            state.signal()
        }
    }

    /// All that waits, after at most `milliseconds` if nothing does; nil: closed, and nothing is left.
    func take(milliseconds: Int64) -> [WriteRequest]? {
        let taken: [WriteRequest]?? = state.wait(milliseconds: milliseconds) { state in
            if state.requests.isEmpty { return state.isClosed ? .some(nil) : nil }
            defer {
                state.requests = []
                state.bytes = 0
            }
            return .some(state.requests)
        }
        return taken ?? []
    }

    func close() {
        state.withLock { $0.isClosed = true }
        state.signal()
    }
}
