import MartletCommand
import MartletConfiguration

/// `martlet gateway`: one node of a cluster on Kafka and Redis.
enum GatewayCommand {
    static let declaration = Command(
        "gateway", "runs one gateway of a cluster on Kafka and Redis",
        discussion: """
            Holds clients' connections and owns slots. SIGTERM and SIGINT drain it: its slots move, its clients are \
            told to reconnect elsewhere, and it ends with 0; a second signal ends it at once.

            \(ConfigurationLoader.discussion)
            """,
        options: ConfigurationLoader.options(for: .gateway) + [InfoFile.option],
        examples: [
            .init("martlet gateway --config martlet.yaml", "with everything from a file"),
            .init(
                "martlet gateway --config martlet.yaml --node eu-1 --client-listen 0.0.0.0:8001",
                "the same with another name and address"),
        ]
    ) { invocation in try GatewayRunner.run(invocation) }
}
