import Synchronization

/// What may go wrong with one append or step, for tests of the engine and of what stands on it.
package enum WriteFault: Sendable, Hashable {
    /// Answered `failed`; nothing is written.
    case fail
    /// Answered as if it were written, and is not.
    case drop
    /// Answered `unknown`, and is written.
    case unknownLanded
    /// Answered `unknown`, and is not written.
    case unknownLost
}

/// Faults to come. Empty in production, where asking it costs one atomic load.
package final class FaultInjector: Sendable {
    private struct Plan: Sendable {
        var appends: [WriteFault?] = []
        var steps: [WriteFault?] = []
        var failingRounds = 0
        var failingOpens = 0
    }

    private let plan = Mutex(Plan())
    private let isArmed = Atomic(false)

    package init() {}

    /// The next appends, one by one; nil: nothing happens to it.
    package func onAppends(_ faults: [WriteFault?]) { arm { $0.appends += faults } }
    package func onSteps(_ faults: [WriteFault?]) { arm { $0.steps += faults } }

    /// The next write rounds end with an error of the database, whose outcome is unknown.
    package func failRounds(_ count: Int) { arm { $0.failingRounds += count } }
    /// The next attempts to open the database again fail.
    package func failOpens(_ count: Int) { arm { $0.failingOpens += count } }

    func nextAppend() -> WriteFault? { next { $0.appends.isEmpty ? nil : $0.appends.removeFirst() } }
    func nextStep() -> WriteFault? { next { $0.steps.isEmpty ? nil : $0.steps.removeFirst() } }
    func failsRound() -> Bool { next { takeOne(&$0.failingRounds) } ?? false }
    func failsOpen() -> Bool { next { takeOne(&$0.failingOpens) } ?? false }

    private func takeOne(_ count: inout Int) -> Bool {
        defer { count = max(count - 1, 0) }
        return count > 0
    }

    private func arm(_ change: (inout Plan) -> Void) {
        plan.withLock { change(&$0) }
        isArmed.store(true, ordering: .releasing)
    }

    private func next<R>(_ take: (inout Plan) -> R?) -> R? {
        guard isArmed.load(ordering: .acquiring) else { return nil }
        return plan.withLock { take(&$0) }
    }
}
