/// What the process says to its shell when it ends.
public struct ExitCode: Hashable, Sendable {
    public let rawValue: Int32
    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    public static let success = ExitCode(0)
    /// The work was understood and failed.
    public static let failure = ExitCode(1)
    /// The command line was wrong (`EX_USAGE` of sysexits.h).
    public static let usage = ExitCode(64)
    /// What it stands on does not answer (`EX_UNAVAILABLE`).
    public static let unavailable = ExitCode(69)
    /// It broke by itself (`EX_SOFTWARE`).
    public static let internalError = ExitCode(70)
    /// Start it again (`EX_TEMPFAIL`).
    public static let temporaryFailure = ExitCode(75)
    /// Whoever asks may not (`EX_NOPERM`).
    public static let noPermission = ExitCode(77)
    /// The configuration, or what it names, is not one to run with (`EX_CONFIG`).
    public static let configuration = ExitCode(78)
}
