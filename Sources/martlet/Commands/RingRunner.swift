import MartletCommand
import MartletCore

/// Carries out `martlet ring`.
enum RingRunner {
    static func simulate(slots: Int, nodes: ClosedRange<Int>) throws -> ExitCode {
        // Clusters grow one node at a time, so the smaller ones are simulated too; they are left out of the print.
        let lines = RingSimulation(slots: slots, maxNodes: nodes.upperBound).table.split(separator: "\n")
        Console.print((lines.prefix(1) + lines.dropFirst(nodes.lowerBound)).joined(separator: "\n"))
        return .success
    }
}
