import MartletCommand

/// Why a command that was understood did not do its work: a sentence for people, and a status for programs.
struct CommandFailure: Error {
    let message: String
    let code: ExitCode

    init(_ message: String, code: ExitCode = .failure) {
        self.message = message
        self.code = code
    }
}
