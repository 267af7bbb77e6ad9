public import MartletCore

/// What may go wrong with one append or step.
public enum ConformanceFault: Sendable, Hashable {
    /// Answered `failed`, and not written.
    case fail
    /// Answered as a success, and not written.
    case drop
    /// Answered `unknown`, and written.
    case unknownLanded
    /// Answered `unknown`, and not written.
    case unknownLost
}

/// The ports of an engine under test, with the means to make them fail. Every check gets a fresh one: empty logs and
/// stores, 8 slots.
public protocol ConformanceSubject: Sendable {
    var log: any LogPort { get }
    var mailboxes: any MailboxStore { get }
    var presence: any PresenceStore { get }
    var cluster: any ClusterStore { get }

    /// What happens to the next appends, one by one; nil: nothing.
    func onAppends(_ faults: [ConformanceFault?])
    func onSteps(_ faults: [ConformanceFault?])
    /// The mailbox store forgets everything of this slot.
    func emptyStore(_ slot: Slot) async
    /// Lets the clocks of leases and retention go on.
    func advance(milliseconds: Int64)
    /// Removes what retention lets go, with a log retention of no time at all.
    func trimNow() async
}

/// One promise of a port, proved or thrown as a `ConformanceFailure`.
public struct ConformanceCheck: Sendable, CustomStringConvertible {
    public let name: String
    public let run: @Sendable (any ConformanceSubject) async throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (any ConformanceSubject) async throws -> Void) {
        self.name = name
        self.run = run
    }

    public var description: String { name }

    /// The whole contract.
    public static var all: [ConformanceCheck] {
        logChecks + logFaultChecks + stepChecks + mailboxChecks + conversationChecks + checkpointChecks
            + presenceChecks + clusterChecks
    }
}

public struct ConformanceFailure: Error, CustomStringConvertible {
    public let description: String
}

func expect(_ condition: Bool, _ message: @autoclosure () -> String, line: Int = #line, file: String = #fileID) throws {
    if !condition { throw ConformanceFailure(description: "\(message()) (\(file):\(line))") }
}

func expectEqual<T: Equatable>(
    _ actual: T, _ expected: T, _ message: String = "", line: Int = #line, file: String = #fileID
) throws {
    if actual != expected {
        throw ConformanceFailure(description: "\(message) got \(actual), expected \(expected) (\(file):\(line))")
    }
}
