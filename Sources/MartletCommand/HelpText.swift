/// Writes a command's help from its declaration.
public struct HelpText: Sendable {
    private static let width = 96

    private let command: Command
    private let path: [String]

    public init(_ command: Command, path: [String]) {
        self.command = command
        self.path = path
    }

    public var text: String {
        let sections = [heading, usage, discussion, commands, options, examples, ending]
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var name: String { path.joined(separator: " ") }
    private var heading: String { "\(name): \(command.summary)" }
    private var discussion: String { HelpText.wrap(command.discussion, width: HelpText.width) }

    private var usage: String {
        var words = [name]
        if !command.subcommands.isEmpty { words.append("COMMAND") }
        words += command.options.filter(\.isRequired).map(HelpText.spelled)
        if command.options.contains(where: { !$0.isRequired }) { words.append("[OPTIONS]") }
        if let arguments = command.arguments { words.append(arguments) }
        return "USAGE\n  " + words.joined(separator: " ")
    }

    private var commands: String {
        HelpText.table("COMMANDS", command.subcommands.map { ($0.name, $0.summary) })
    }

    private var options: String {
        HelpText.table("OPTIONS", command.options.map { (HelpText.spelled($0), HelpText.explained($0)) })
    }

    private var examples: String {
        guard !command.examples.isEmpty else { return "" }
        return "EXAMPLES\n" + command.examples.map { "  \($0.line)\n      \($0.meaning)" }.joined(separator: "\n")
    }

    private var ending: String {
        command.subcommands.isEmpty ? "" : "`\(name) COMMAND --help` tells more about a command."
    }

    private static func spelled(_ option: any CommandOption) -> String {
        option.placeholder.map { "--\(option.name) \($0)" } ?? "--\(option.name)"
    }

    private static func explained(_ option: any CommandOption) -> String {
        var notes = option.isRequired ? ["required"] : []
        if let domain = option.domain { notes.append(domain) }
        if let value = option.defaultText { notes.append("default \(value)") }
        return option.help + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
    }

    /// Two columns, the second wrapped.
    private static func table(_ title: String, _ rows: [(left: String, right: String)]) -> String {
        guard let column = rows.map(\.left.count).max() else { return "" }
        let indent = String(repeating: " ", count: column + 4)
        let lines = rows.map { row in
            let gap = String(repeating: " ", count: column - row.left.count + 2)
            let right = wrap(row.right, width: width - indent.count).split(separator: "\n").joined(
                separator: "\n" + indent)
            return "  " + row.left + gap + right
        }
        return ([title] + lines).joined(separator: "\n")
    }

    /// Breaks each paragraph at spaces; a line that begins with a space stands as it is.
    static func wrap(_ text: String, width: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(" ") ? String($0) : wrapLine($0, width: width) }
            .joined(separator: "\n")
    }

    private static func wrapLine(_ line: Substring, width: Int) -> String {
        var lines = [""]
        for word in line.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n")
    }
}
