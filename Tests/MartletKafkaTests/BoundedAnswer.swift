import Dispatch
import Synchronization
import Testing

/// What `ask` is answered. Without an answer in time the test has failed, and `otherwise` lets it end.
func answer<Value: Sendable>(
    within seconds: Double = 180, otherwise: Value, _ ask: (@escaping @Sendable (Value) -> Void) -> Void
) async -> Value {
    let result: Value? = await withCheckedContinuation { wait in
        let once = Once { wait.resume(returning: $0) }
        ask { once.call($0) }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { once.call(nil) }
    }
    if result == nil { Issue.record("no answer within \(seconds) s") }
    return result ?? otherwise
}

private final class Once<Value: Sendable>: Sendable {
    private let body: Mutex<(@Sendable (Value?) -> Void)?>
    init(_ body: @escaping @Sendable (Value?) -> Void) { self.body = Mutex(body) }

    func call(_ value: Value?) {
        let body = body.withLock { body in
            defer { body = nil }
            return body
        }
        body?(value)
    }
}
