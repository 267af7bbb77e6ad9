import MartletCommand
import MartletConfiguration

/// `martlet log`: looks into the slots' logs in Kafka.
enum LogCommand {
    static let slot = Option.integer("slot", in: 0...4095, default: 0, help: "Which slot's log.")
    static let user = Option.optional("user", unit: "KEY", help: "The slot of this user, instead of --slot.")
    static let from = Option.integer(
        "from", in: 0...Int(Int64.max), default: 0,
        help: "The first offset; or, if that is trimmed, the first there is.")
    static let limit = Option.integer("limit", in: 1...1_000_000, default: 100, help: "How many records at most.")
    static let follow = Option.flag("follow", help: "Wait for further records, without a limit.")
    static let json = Option.flag("json", help: "One JSON object a line.")
    static let content = Option.flag("content", help: "Show what messages say, as hexadecimal bytes of its encoding.")

    static let declaration = Command(
        "log", "looks into the slots' logs in Kafka",
        subcommands: [
            Command(
                "cat", "prints the records of a slot, one a line",
                discussion: """
                    Reads the topic and nothing else: no member of the cluster is asked, and nothing is written. What \
                    messages say is left out unless --content is given. Takes the settings of a gateway that speak of \
                    Kafka, TLS and SASL among them.

                    \(ConfigurationLoader.discussion)
                    """,
                options: ConfigurationLoader.options(for: .log) + [slot, user, from, limit, follow, json, content],
                examples: [
                    .init(
                        "martlet log cat --config martlet.yaml --user alice",
                        "what happened to alice, and to others of her slot"),
                    .init(
                        "martlet log cat --kafka-bootstrap 127.0.0.1:9092 --slot 7 --follow --json",
                        "as it happens, for a program"),
                ],
                run: LogRunner.cat)
        ])
}
