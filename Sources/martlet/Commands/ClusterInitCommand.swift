import MartletCommand
import MartletConfiguration
import MartletKafka

/// `martlet cluster init`: makes what a new cluster needs in Kafka.
enum ClusterInitCommand {
    static let declaration = Command(
        "init", "makes the Kafka topic of a new cluster",
        discussion: """
            Makes the topic CLUSTER-log with as many partitions as there are slots, and every setting that Martlet's \
            promises need. A topic that is there is left as it is and checked: whatever would break a promise is \
            named, and the status is 78. Redis needs no preparation.

            \(ConfigurationLoader.discussion)
            """,
        options: ConfigurationLoader.options(for: .setup),
        examples: [
            .init("martlet cluster init --config martlet.yaml", "for the cluster of that file"),
            .init(
                "martlet cluster init --kafka-bootstrap 127.0.0.1:9092 --kafka-replication 1 --kafka-min-insync-replicas 1",
                "for a single broker, with nothing kept twice"),
        ]
    ) { invocation in
        let (settings, warnings) = try ConfigurationLoader.load(invocation, for: .setup)
        for warning in warnings { Console.error("warning: \(warning)") }
        return try run(settings)
    }

    private static func run(_ settings: Configuration) throws -> ExitCode {
        do {
            let kafka = try KafkaConfiguration(settings)
            switch try KafkaTopicSetup(KafkaPromises(settings, kafka)).run(kafka) {
            case .created:
                Console.print("made the topic \(kafka.topic): \(kafka.slotCount) partitions")
                return .success
            case .existed(let findings): return try judge(findings, kafka.topic)
            }
        } catch let error as ConfigurationError {
            throw ConfigurationLoader.failure(error.problems)
        } catch let error as KafkaError {
            throw CommandFailure(error)
        }
    }

    private static func judge(_ findings: [KafkaFinding], _ topic: String) throws -> ExitCode {
        guard findings.isEmpty else {
            let lines = findings.map { "\n  \($0)" }.joined()
            throw CommandFailure(
                "the topic \(topic) is there already, and breaks promises:\(lines)", code: .configuration)
        }
        Console.print("the topic \(topic) is there already, and all is well with it")
        return .success
    }
}
