import MartletIO
import Synchronization

/// What the loop knows of its servers, for a thread that waits for it.
final class Readiness: Sendable {
    enum State: Equatable {
        case connecting
        case ready
        case refused(RedisRefusal)
        case stopped
    }

    private let condition = Condition()
    private let state = Mutex(State.connecting)

    var isReady: Bool { state.withLock { $0 == .ready } }

    func set(_ new: State) {
        let isNews = state.withLock { state in
            defer { state = new }
            return state != new
        }
        guard isNews else { return }
        condition.lock()
        condition.broadcast()
        condition.unlock()
    }

    /// The first state that is not `connecting`, or that after the time.
    func wait(milliseconds: Int64) -> State {
        let deadline = Clock.monotonicMilliseconds + milliseconds
        condition.lock()
        defer { condition.unlock() }
        while true {
            let now = state.withLock { $0 }
            let left = deadline - Clock.monotonicMilliseconds
            if now != .connecting || left <= 0 { return now }
            condition.wait(milliseconds: left)
        }
    }
}
