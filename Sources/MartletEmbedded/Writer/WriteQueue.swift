import MartletCore

/// What waits for the writer. Bounded by bytes: beyond that callers get `unavailable` at once, not later.
final class WriteQueue: Sendable {
    private struct State: Sendable {
        var requests: [WriteRequest] = []
        var bytes = 0
        var isClosed = false
        /// The writer waits and nobody has woken it yet: one signal is enough for all that come before it runs.
        var isWanting = false
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

    /// Swaps all that waits, after at most `milliseconds` if nothing does, with the empty `taken`, so both arrays keep
    /// their storage. False: closed, and nothing is left.
    func take(_ taken: inout [WriteRequest], milliseconds: Int64) -> Bool {
        let isOpen: Bool? = state.wait(milliseconds: milliseconds) { state in
            state.isWanting = state.requests.isEmpty
            if state.requests.isEmpty { return state.isClosed ? false : nil }
            swap(&state.requests, &taken)
            state.bytes = 0
            return true
        }
        return isOpen ?? true
    }

    func close() {
        state.withLock { $0.isClosed = true }
        state.signal()
    }
}
