/// One command, declared as data: what it is called, what it takes, and what it does.
///
/// A command either has sub-commands or runs; help and parsing read the same declaration, so neither can lag behind.
public struct Command: Sendable {
    public typealias Run = @Sendable (Invocation) throws -> ExitCode

    public struct Example: Sendable {
        public let line: String
        public let meaning: String

        public init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    public let name: String
    /// One line, for the list of commands.
    public let summary: String
    /// Paragraphs for this command's own help.
    public let discussion: String
    public let options: [any CommandOption]
    /// How its plain arguments appear in help, such as `[COMMAND]…`; nil: it takes none.
    public let arguments: String?
    public let examples: [Example]
    public let subcommands: [Command]
    public let run: Run?

    /// A command that runs.
    public init(
        _ name: String, _ summary: String, discussion: String = "", options: [any CommandOption] = [],
        arguments: String? = nil, examples: [Example] = [], run: @escaping Run
    ) {
        self.init(name, summary, discussion, options, arguments, examples, subcommands: [], run)
    }

    /// A command that only groups others.
    public init(
        _ name: String, _ summary: String, discussion: String = "", examples: [Example] = [], subcommands: [Command]
    ) {
        self.init(name, summary, discussion, [], nil, examples, subcommands: subcommands, nil)
    }

    private init(
        _ name: String, _ summary: String, _ discussion: String, _ options: [any CommandOption],
        _ arguments: String?, _ examples: [Example], subcommands: [Command], _ run: Run?
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.arguments = arguments
        self.examples = examples
        self.subcommands = subcommands
        self.run = run
    }
}
