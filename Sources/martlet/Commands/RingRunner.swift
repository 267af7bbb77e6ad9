import MartletCommand

/// Carries out `martlet ring`.
enum RingRunner {
    static func simulate(slots: Int, nodes: ClosedRange<Int>) throws -> ExitCode {
        throw CommandFailure("this build cannot simulate \(slots) slots on \(nodes) nodes yet")
    }
}
