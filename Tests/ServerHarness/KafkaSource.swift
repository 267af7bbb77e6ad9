import Foundation

/// Where a broker for tests comes from.
public enum KafkaSource: Sendable {
    /// One that runs already: `MARTLET_TEST_KAFKA=host:port`. Tests that kill brokers need another kind.
    case running(String)
    /// A script that starts and stops brokers, with Kafka's jars beside it.
    case script(String)

    /// Nil: there is none, and tests that need one are skipped.
    public static let found: KafkaSource? = {
        let environment = ProcessInfo.processInfo.environment
        if let address = environment["MARTLET_TEST_KAFKA"] { return .running(address) }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let homes = [environment["KAFKA_HOME"], root.path + "/../shared/kafka"].compactMap { $0 }
        return homes.map { $0 + "/kafka.sh" }.first { FileManager.default.isExecutableFile(atPath: $0) }
            .map { .script($0) }
    }()

    public static var canStart: Bool { if case .script = found { true } else { false } }
    public static let absence = "no Kafka: set MARTLET_TEST_KAFKA=host:port, or KAFKA_HOME to a folder with kafka.sh"

    /// The folder with Kafka's jars.
    public static var jars: String? {
        guard case .script(let path) = found else { return nil }
        return URL(fileURLWithPath: path).deletingLastPathComponent().path + "/libs"
    }
}
