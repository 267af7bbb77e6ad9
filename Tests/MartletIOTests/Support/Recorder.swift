import Synchronization

@testable import MartletIO

/// What happened on a loop, in order, for a test's thread to wait for.
final class Recorder<Event: Sendable & Equatable>: Sendable {
    private let list = Mutex<[Event]>([])
    private let condition = Condition()

    func record(_ event: Event) {
        condition.lock()
        list.withLock { $0.append(event) }
        condition.broadcast()
        condition.unlock()
    }

    var events: [Event] { list.withLock { $0 } }

    /// Waits until `matches` holds for what was recorded; false after ten seconds.
    @discardableResult
    func wait(_ matches: ([Event]) -> Bool) -> Bool {
        let deadline = Clock.monotonicMilliseconds + 60_000
        condition.lock()
        defer { condition.unlock() }
        while !matches(events) {
            let left = deadline - Clock.monotonicMilliseconds
            if left <= 0 { return false }
            condition.wait(milliseconds: left)
        }
        return true
    }

    @discardableResult
    func wait(for event: Event) -> Bool { wait { $0.contains(event) } }
}

/// One value that another thread brings.
final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let condition = Condition()

    func set(_ value: Value) {
        condition.lock()
        self.value.withLock { $0 = value }
        condition.broadcast()
        condition.unlock()
    }

    func wait() -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = value.withLock({ $0 }) { return value }
            condition.wait()
        }
    }
}
