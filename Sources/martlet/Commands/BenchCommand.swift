import MartletCommand

/// `martlet bench`: measures a cluster that runs already.
enum BenchCommand {
    enum Kind: String, Sendable {
        case idle, relay, durable
    }

    static let info = Option.required(
        "info", unit: "FILE", help: "The file that `martlet dev --info` wrote: where the cluster is, and its secret.")
    static let seconds = Option.integer(
        "seconds", in: 1...3600, default: 10, unit: "SECONDS", help: "How long to measure.")
    static let users = Option.integer("users", in: 2...100_000, default: 1000, help: "How many users take part.")
    static let json = Option.flag("json", help: "Print the result as JSON, for programs.")

    static let declaration = Command(
        "bench", "measures a running cluster",
        examples: [
            .init("martlet bench durable --info ports.json", "accepted, pushed and acknowledged messages a second")
        ],
        subcommands: [
            kind(.idle, "memory of idle connections"),
            kind(.relay, "signals relayed a second"),
            kind(.durable, "durable messages a second, and how long one takes"),
        ])

    private static func kind(_ kind: Kind, _ summary: String) -> Command {
        Command(kind.rawValue, summary, options: [info, seconds, users, json]) { invocation in
            try BenchRunner.run(kind, invocation)
        }
    }
}
