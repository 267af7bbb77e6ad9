/// Turns words into an `Invocation`, or says what is wrong with them.
///
/// Grammar: command words first; then `--name value`, `--name=value`, `--flag` and plain arguments in any order. `--`
/// ends the options. An option stands once. A value that begins with `--` needs the `=` form, so that a forgotten
/// value does not swallow the option behind it. Names are never abbreviated: a script that works keeps working when
/// an option is added.
public struct CommandParser: Sendable {
    public enum Outcome: Sendable {
        case run(Invocation)
        /// Help for the command at the end of the path was asked for.
        case help(Command, path: [String])
    }

    public let root: Command

    public init(_ root: Command) { self.root = root }

    /// `words` without the program's own name.
    public func parse(_ words: [String]) throws(UsageError) -> Outcome {
        var words = words[...]
        var command = root
        var path = [root.name]
        while !command.subcommands.isEmpty {
            guard let word = words.popFirst() else { return .help(command, path: path) }
            if isHelp(word) { return .help(command, path: path) }
            command = try subcommand(word, of: command, path: path)
            path.append(command.name)
        }
        if words.prefix(while: { $0 != "--" }).contains(where: isHelp) { return .help(command, path: path) }
        var reader = OptionReader(command: command, path: path)
        return .run(try reader.read(words))
    }

    /// The command that `words` name, for `martlet help ring simulate`.
    public func find(_ words: [String]) throws(UsageError) -> (command: Command, path: [String]) {
        var command = root
        var path = [root.name]
        for word in words {
            command = try subcommand(word, of: command, path: path)
            path.append(command.name)
        }
        return (command, path)
    }

    private func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

    private func subcommand(_ word: String, of command: Command, path: [String]) throws(UsageError) -> Command {
        if let found = command.subcommands.first(where: { $0.name == word }) { return found }
        let names = command.subcommands.map(\.name)
        let hint =
            Spelling.nearest(to: word, in: names).map { "did you mean `\($0)`?" }
            ?? (names.isEmpty ? "it has no sub-commands." : "there are " + names.joined(separator: ", ") + ".")
        let kind = word.hasPrefix("-") ? "option" : "command"
        throw UsageError("`\(path.joined(separator: " "))` knows no \(kind) `\(word)`: \(hint)", path: path)
    }
}
