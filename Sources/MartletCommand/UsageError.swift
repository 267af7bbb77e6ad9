/// A command line that cannot be understood, and what might have been meant.
public struct UsageError: Error, Equatable, Sendable {
    /// A sentence for people.
    public let message: String
    /// The command at which it went wrong, for "see `… --help`".
    public let path: [String]

    public init(_ message: String, path: [String]) {
        self.message = message
        self.path = path
    }
}
