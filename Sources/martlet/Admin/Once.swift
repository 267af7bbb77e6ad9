import Dispatch
import Synchronization

/// Passes on the first answer that comes; after a while, one of its own.
///
/// A store that hangs must not make an operator hang. What comes later is dropped.
final class Once<Value: Sendable>: Sendable {
    private let done: Mutex<(@Sendable (Value) -> Void)?>

    init(_ done: @escaping @Sendable (Value) -> Void, late: Value) {
        self.done = Mutex(done)
        onceDeadlines.asyncAfter(deadline: .now() + .milliseconds(ClusterBackend.patienceMilliseconds)) {
            self.answer(late)
        }
    }

    func answer(_ value: Value) {
        let done = done.withLock { $0.take() }
        done?(value)
    }
}

private let onceDeadlines = DispatchQueue(label: "martlet.admin.patience")
