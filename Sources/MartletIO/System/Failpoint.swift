internal import Glibc
internal import Synchronization

/// A place where a test lets the process die at once, to prove what a crash there costs.
///
/// Armed by the environment alone, `MARTLET_FAILPOINT=PLACE=N`, and by no setting: no file or option that a cluster
/// shares can hold one, and who arms it says so at start. One place at a time.
public final class Failpoint: Sendable {
    public static let variable = "MARTLET_FAILPOINT"

    /// A message is in the log and decided, and nobody was told.
    public static let beforeAccepted = "before-accepted"

    private let passesLeft: Atomic<Int>

    /// The failpoint at `place`, if the environment arms it; nil, as ever: none. Throws where the variable holds
    /// something that no place understands.
    public static func armed(at place: String) throws(FailpointError) -> Failpoint? {
        guard let text = unsafe getenv(variable) else { return nil }
        return try Failpoint(parsing: unsafe String(cString: text), at: place)
    }

    /// `PLACE=N`: the process dies when the place is passed for the N-th time.
    init(parsing text: String, at place: String) throws(FailpointError) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == place, let count = Int(parts[1]), count > 0 else {
            throw FailpointError(text: text, place: place)
        }
        passesLeft = Atomic(count)
    }

    /// Returns, but for the N-th time: then a line with `what` goes to standard error, and SIGKILL ends the process.
    public func pass(_ what: @autoclosure () -> String) {
        guard passesLeft.subtract(1, ordering: .relaxed).newValue == 0 else { return }
        // Not through the logger: its thread dies with the process.
        let line = Array("failpoint: \(what())\n".utf8)
        _ = unsafe line.withUnsafeBytes { bytes in unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
        _ = kill(getpid(), SIGKILL)
    }
}

/// What the environment says is no failpoint.
public struct FailpointError: Error, CustomStringConvertible {
    let text: String
    let place: String
    public var description: String { "\(Failpoint.variable) is `\(text)`; it can be `\(place)=N`, or not set" }
}
