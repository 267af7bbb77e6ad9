/// Why a command that was understood did not do its work: a sentence for people.
struct CommandFailure: Error {
    let message: String
    init(_ message: String) { self.message = message }
}
