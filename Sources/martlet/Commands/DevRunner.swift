import FoundationEssentials
import MartletAdmin
import MartletCommand
import MartletCore
import MartletEmbedded
import MartletGateway
import MartletIO
import Synchronization

/// Starts what `DevOptions` ask for and runs it until it is told to stop.
enum DevRunner {
    static func run(_ options: DevOptions) throws -> ExitCode {
        // Before any thread is there: they inherit it.
        Scheduling.preferBatches()
        let end = EndOfProgram()
        let watcher = try SignalWatcher { _ in end.ask() }
        let doors = try DevDoors(options)
        defer { withExtendedLifetime(watcher) { doors.close() } }
        guard doors.waitUntilReady(orEnd: end) else { return .success }
        Console.print(doors.greeting)
        if let file = options.infoFile { try doors.writeInfo(to: file) }
        end.wait()
        Console.print("stopping")
        return .success
    }
}

/// Where the main thread waits for a signal.
final class EndOfProgram: Sendable {
    private let condition = Condition()
    private let isAsked = Mutex(false)

    func ask() {
        condition.lock()
        isAsked.withLock { $0 = true }
        condition.broadcast()
        condition.unlock()
    }

    func wait() { while !wait(milliseconds: 3_600_000) {} }

    /// True: the end was asked for.
    func wait(milliseconds: Int64) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        if !isAsked.withLock({ $0 }) { condition.wait(milliseconds: milliseconds) }
        return isAsked.withLock { $0 }
    }
}
