import Foundation

/// Where a broker for tests comes from.
public enum KafkaSource: Sendable {
    /// One that runs already: `MARTLET_TEST_KAFKA=host:port`. Tests that kill brokers need another kind.
    case running(String)
    /// A distribution, as it is downloaded: `KAFKA_HOME`, or `../shared/kafka` beside this repository.
    case distribution(KafkaDistribution)

    /// Nil: there is none, and tests that need one are skipped.
    public static let found: KafkaSource? = {
        let environment = ProcessInfo.processInfo.environment
        if let address = environment["MARTLET_TEST_KAFKA"] { return .running(address) }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let home = environment["KAFKA_HOME"] ?? root.path + "/../shared/kafka"
        return KafkaDistribution(home: home).map { .distribution($0) }
    }()

    public static var distribution: KafkaDistribution? {
        if case .distribution(let distribution) = found { distribution } else { nil }
    }

    public static var canStart: Bool { distribution != nil }
    public static let absence =
        "no Kafka: set KAFKA_HOME to a Kafka distribution (and have java), or MARTLET_TEST_KAFKA=host:port"
}
