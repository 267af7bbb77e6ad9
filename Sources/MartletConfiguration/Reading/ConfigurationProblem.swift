/// What is wrong with a configuration, and where.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// `martlet.yaml:3:9`, `MARTLET_REDIS_ADDRESS`, `--redis-address`, or the setting's name.
    public let place: String
    public let message: String

    public init(_ place: String, _ message: String) {
        self.place = place
        self.message = message
    }

    public var description: String { "\(place): \(message)" }
}

/// A configuration that cannot be used: everything that was found wrong, not the first of it only.
public struct ConfigurationError: Error, Hashable, Sendable {
    public let problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) { self.problems = problems }
}
