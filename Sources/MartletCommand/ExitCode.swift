/// What the process says to its shell when it ends.
public struct ExitCode: Hashable, Sendable {
    public let rawValue: Int32
    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    public static let success = ExitCode(0)
    /// The work was understood and failed.
    public static let failure = ExitCode(1)
    /// The command line was wrong (`EX_USAGE` of sysexits.h).
    public static let usage = ExitCode(64)
}
