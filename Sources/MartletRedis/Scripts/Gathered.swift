import Synchronization

/// Answers of several commands, put together in their order; the first failure is the answer of all.
final class Gathered<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value?]
        var missing: Int
        var failure: StoreError?
    }

    private let state: Mutex<State>
    private let done: @Sendable (Result<[Value], StoreError>) -> Void

    init(count: Int, done: @escaping @Sendable (Result<[Value], StoreError>) -> Void) {
        state = Mutex(State(values: Array(repeating: nil, count: count), missing: count))
        self.done = done
    }

    func add(_ index: Int, _ result: Result<Value, StoreError>) {
        let finished: Result<[Value], StoreError>? = state.withLock { state in
            switch result {
            case .success(let value): state.values[index] = value
            case .failure(let error): state.failure = state.failure ?? error
            }
            state.missing -= 1
            guard state.missing == 0 else { return nil }
            if let failure = state.failure { return .failure(failure) }
            return .success(state.values.compactMap(\.self))
        }
        if let finished { done(finished) }
    }
}
