/// Reads the words behind a command's name.
struct OptionReader {
    let command: Command
    let path: [String]
    private var values: [String: any Sendable] = [:]
    private var arguments: [String] = []

    init(command: Command, path: [String]) {
        self.command = command
        self.path = path
    }

    mutating func read(_ words: ArraySlice<String>) throws(UsageError) -> Invocation {
        var words = words
        while let word = words.popFirst() {
            if word == "--" {
                for rest in words { try take(argument: rest) }
                break
            }
            if word.hasPrefix("-"), word != "-" {
                try take(option: word, from: &words)
            } else {
                try take(argument: word)
            }
        }
        try checkRequired()
        return Invocation(path: path, command: command, arguments: arguments, values: values)
    }

    private mutating func take(option word: String, from words: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let option = try find(parts[0])
        guard values[option.name] == nil else { throw failure("`--\(option.name)` stands twice.") }
        let text = try value(of: option, inline: parts.count == 2 ? parts[1] : nil, from: &words)
        do {
            values[option.name] = try option.parseAny(text)
        } catch {
            throw failure("`--\(option.name) \(text)`: expected \(error.expected).")
        }
    }

    private func value(
        of option: any CommandOption, inline: String?, from words: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let placeholder = option.placeholder else {
            guard inline == nil else { throw failure("`--\(option.name)` takes no value.") }
            return ""
        }
        if let inline { return inline }
        guard let next = words.first, !next.hasPrefix("--") else {
            throw failure("`--\(option.name)` needs a value: `--\(option.name) \(placeholder)`.")
        }
        return words.removeFirst()
    }

    private func find(_ word: String) throws(UsageError) -> any CommandOption {
        let name = String(word.drop { $0 == "-" })
        if word.hasPrefix("--"), let option = command.options.first(where: { $0.name == name }) { return option }
        // A single dash before a whole name is a slip of the finger, not another option.
        let meant = Spelling.nearest(to: name, in: command.options.map(\.name) + ["help"])
        let hint = meant.map { ": did you mean `--\($0)`?" } ?? "."
        throw failure("unknown option `\(word)`\(hint)")
    }

    private mutating func take(argument: String) throws(UsageError) {
        guard command.arguments != nil else {
            let meant = Spelling.nearest(to: argument, in: command.options.map(\.name))
            throw failure("unexpected `\(argument)`" + (meant.map { ": did you mean `--\($0)`?" } ?? "."))
        }
        arguments.append(argument)
    }

    private func checkRequired() throws(UsageError) {
        for option in command.options where option.isRequired && values[option.name] == nil {
            throw failure("`--\(option.name) \(option.placeholder ?? "")` is missing: \(option.help)")
        }
    }

    private func failure(_ message: String) -> UsageError { UsageError(message, path: path) }
}
