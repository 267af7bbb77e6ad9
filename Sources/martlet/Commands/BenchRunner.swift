import MartletCommand

/// Carries out `martlet bench`.
enum BenchRunner {
    static func run(_ kind: BenchCommand.Kind, _ invocation: Invocation) throws -> ExitCode {
        throw CommandFailure("this build cannot measure \(kind.rawValue) yet")
    }
}
