import MartletCommand

/// Starts what `DevOptions` ask for and runs it until it is told to stop.
enum DevRunner {
    static func run(_ options: DevOptions) throws -> ExitCode {
        throw CommandFailure("this build holds no cluster of \(options.nodes) nodes yet")
    }
}
