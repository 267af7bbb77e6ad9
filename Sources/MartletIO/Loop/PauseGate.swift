internal import Glibc
internal import Synchronization

/// Holds a loop's thread for a time: how fault tests make a node pause. `stop` and `kill` open it for good.
final class PauseGate: Sendable {
    private let condition = Condition()
    private let isOpen = Atomic(false)

    func wait(milliseconds: UInt64) {
        let deadline = Clock.monotonicMilliseconds + Int64(clamping: milliseconds)
        condition.lock()
        defer { condition.unlock() }
        while !isOpen.load(ordering: .acquiring) {
            let left = deadline - Clock.monotonicMilliseconds
            guard left > 0 else { return }
            condition.wait(milliseconds: left)
        }
    }

    func open() {
        isOpen.store(true, ordering: .releasing)
        condition.lock()
        condition.broadcast()
        condition.unlock()
    }
}
