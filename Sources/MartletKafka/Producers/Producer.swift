import MartletCore
import MartletIO
import Synchronization

/// A fixed share of the partitions, through one client after the other: one that failed for good is replaced.
final class Producer: Sendable {
    private struct State {
        /// Nil: the last one failed, or the log is closed.
        var client: ProducerClient?
        var calls: [UInt64: AppendCall] = [:]
        var lastCall: UInt64 = 0
    }

    let index: Int
    private let state: Mutex<State>

    init(index: Int, _ client: ProducerClient) {
        self.index = index
        state = Mutex(State(client: client))
    }

    var client: ProducerClient? { state.withLock { $0.client } }

    /// The call if it is answered already: no record of it was taken. What the lock guards also keeps the order of one
    /// caller's appends.
    func append(
        _ records: [[UInt8]], bytes: Int, to slot: Slot, done: @escaping @Sendable ([AppendOutcome]) -> Void
    ) -> AppendCall? {
        state.withLock { state in
            var call = AppendCall(life: state.client?.life ?? 0, records: records.count, bytes: bytes, done: done)
            guard let client = state.client else {
                for index in records.indices { call.settle(index, .failed(.unavailable)) }
                return call
            }
            state.lastCall += 1
            for (index, error) in client.produce(records, to: slot, call: state.lastCall) {
                call.settle(index, .failed(error))
            }
            if call.open == 0 { return call }
            state.calls[state.lastCall] = call
            return nil
        }
    }

    /// Returns the calls that are whole now.
    func settle(_ reports: [DeliveryReport]) -> [AppendCall] {
        state.withLock { state in
            var whole: [AppendCall] = []
            for report in reports {
                let key = report.tag.call
                state.calls[key]?.settle(report.tag.index, report.outcome)
                if state.calls[key]?.open == 0, let call = state.calls.removeValue(forKey: key) { whole.append(call) }
            }
            return whole
        }
    }

    /// Takes no more through the client; nil if it is not the one in use.
    func retire(life: UInt64) -> ProducerClient? {
        state.withLock { state in
            guard let client = state.client, client.life == life else { return nil }
            state.client = nil
            return client
        }
    }

    func renew(_ client: ProducerClient) { state.withLock { $0.client = client } }

    func hasCalls(life: UInt64) -> Bool { state.withLock { $0.calls.values.contains { $0.life == life } } }

    /// Calls of a client whose reports will not come: what is not known of them stays unknown.
    func abandon(life: UInt64) -> [AppendCall] {
        state.withLock { state in
            let keys = state.calls.filter { $0.value.life == life }.keys.sorted()
            return keys.compactMap { state.calls.removeValue(forKey: $0) }
        }
    }
}
