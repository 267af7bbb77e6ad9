import Synchronization

@testable import MartletIO

/// A value that another thread gives, and how long to wait for it: not longer than fails a test.
final class Awaited<Value: Sendable>: Sendable {
    private let condition = Condition()
    private let value = Mutex<Value?>(nil)

    func set(_ new: Value) {
        condition.lock()
        value.withLock { $0 = new }
        condition.broadcast()
        condition.unlock()
    }

    /// Nil: it did not come in ten seconds.
    func get() -> Value? {
        let deadline = Clock.monotonicMilliseconds + 10_000
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = value.withLock({ $0 }) { return value }
            let left = deadline - Clock.monotonicMilliseconds
            guard left > 0 else { return nil }
            condition.wait(milliseconds: left)
        }
    }
}

/// Counts hints, and waits for the next one.
final class Hints: Sendable {
    private let condition = Condition()
    private let count = Mutex(0)

    func hint() {
        condition.lock()
        count.withLock { $0 += 1 }
        condition.broadcast()
        condition.unlock()
    }

    /// Looks again after each hint until `look` gives something. Nil: ten seconds passed.
    func wait<Value>(until look: () -> Value?) -> Value? {
        let deadline = Clock.monotonicMilliseconds + 10_000
        while true {
            let seen = count.withLock { $0 }
            if let value = look() { return value }
            condition.lock()
            while count.withLock({ $0 }) == seen {
                let left = deadline - Clock.monotonicMilliseconds
                guard left > 0 else {
                    condition.unlock()
                    return nil
                }
                condition.wait(milliseconds: left)
            }
            condition.unlock()
        }
    }
}
