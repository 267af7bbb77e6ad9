import MartletBench
import MartletCommand

/// `martlet bench`: measures a cluster that runs already.
enum BenchCommand {
    enum Encoding: String, Sendable, CaseIterable {
        case proto, json
    }

    static let info = Option.optional(
        "info", unit: "FILE", help: "The file that `martlet dev --info` wrote: where the cluster is, and its secret.")
    static let floor = Option.port(
        "floor", default: 0, help: "Measure `Benchmarks/Floor` on this port instead of a cluster. 0: no.")
    static let pid = Option.integer(
        "pid", in: 0...Int(Int32.max), default: 0,
        help: "The server's process, for its CPU time and memory. 0: the one that the info file names.")
    static let seconds = Option.integer(
        "seconds", in: 1...3600, default: 10, unit: "SECONDS", help: "How long to measure.")
    static let warmup = Option.integer(
        "warmup", in: 0...600, default: 2, unit: "SECONDS", help: "How long to run before measuring.")
    static let users = Option.integer("users", in: 2...100_000, default: 1000, help: "How many users take part.")
    static let from = Option.integer(
        "from", in: 1...100_000, default: 5000, help: "Connections at which memory is measured first.")
    static let bytes = Option.integer("bytes", in: 16...16_384, default: 200, help: "Size of a message's content.")
    static let rate = Option.integer(
        "rate", in: 0...10_000_000, default: 0,
        help: "Messages a second of all users together. 0: each sends when its last message has arrived.")
    static let acknowledgeAfter = Option.duration(
        "acknowledge-after", in: 0...10_000, default: 200,
        help: "How long an acknowledgement waits for more to acknowledge, as clients do it. 0ms: not at all.")
    static let encoding = Option.choice("encoding", default: Encoding.proto, help: "How frames are encoded.")
    static let loops = Option.integer("loops", in: 1...64, default: 1, help: "Threads of the load generator.")
    static let json = Option.flag("json", help: "Print the result as JSON, for programs.")

    static let declaration = Command(
        "bench", "measures a running cluster",
        examples: [
            .init("martlet bench durable --info ports.json", "accepted, pushed and acknowledged messages a second")
        ],
        subcommands: [
            kind(.idle, "memory of idle connections", [from]),
            kind(.relay, "signals relayed a second", [floor, bytes, rate, encoding, warmup]),
            kind(
                .durable, "durable messages a second, and how long one takes",
                [bytes, rate, encoding, warmup, acknowledgeAfter]),
        ])

    private static func kind(_ kind: BenchOptions.Kind, _ summary: String, _ options: [any CommandOption]) -> Command {
        Command(kind.rawValue, summary, options: [info, pid, seconds, users, loops, json] + options) { invocation in
            try BenchRunner.run(kind, invocation)
        }
    }
}
