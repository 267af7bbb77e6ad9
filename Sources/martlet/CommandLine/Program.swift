import MartletCommand

/// The one command: what it is made of, and how a command line becomes an exit code.
enum Program {
    static let version = "0.1.0"

    static let root: Command = .init(
        "martlet", "a distributed instant-messaging cluster",
        discussion: """
            Gateways hold the users' connections, a ring decides which node is home to which user, and every message \
            is in a log before it is accepted. `martlet dev` runs a whole cluster in one process; `martlet gateway` \
            and `martlet coordinator` are the processes of one on Kafka and Redis.
            """,
        examples: [
            .init("martlet dev", "three nodes, a coordinator and a chat page, on this machine"),
            .init("martlet help ring simulate", "what a command does and takes"),
        ],
        subcommands: [
            DevCommand.declaration, GatewayCommand.declaration, CoordinatorCommand.declaration,
            ClusterCommand.declaration, PresenceCommand.declaration, LogCommand.declaration, ConfigCommand.declaration,
            TokenCommand.declaration, RingCommand.declaration, BenchCommand.declaration, VersionCommand.declaration,
            HelpCommand.declaration,
        ])

    /// `words` without the program's own name.
    static func run(_ words: [String]) -> ExitCode {
        do {
            switch try CommandParser(root).parse(words) {
            case .help(let command, let path):
                Console.print(HelpText(command, path: path).text, terminator: "")
                return .success
            case .run(let invocation): return try invocation.command.run?(invocation) ?? .success
            }
        } catch let error as UsageError {
            Console.error("\(error.message)\nSee `\(error.path.joined(separator: " ")) --help`.")
            return .usage
        } catch let error as CommandFailure {
            Console.error("martlet: \(error.message)")
            return error.code
        } catch {
            Console.error("martlet: \(error)")
            return .failure
        }
    }
}
