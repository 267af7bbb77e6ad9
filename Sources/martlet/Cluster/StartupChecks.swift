import MartletCommand
import MartletConfiguration
import MartletIO
import MartletKafka

/// Looks whether what the cluster stands on keeps the promises that the operator gave.
enum StartupChecks {
    /// Throws with every broken promise that the operator did not allow; warns of those that he did.
    static func kafka(
        _ kafka: KafkaConfiguration, _ settings: Configuration, _ logger: Logger
    ) throws(CommandFailure) {
        let findings: [KafkaFinding]
        do {
            findings = try KafkaCheck(KafkaPromises(settings, kafka)).findings(kafka)
        } catch {
            throw CommandFailure(error)
        }
        let allowed = settings[Settings.allow]
        for finding in findings where allowed.contains(finding.name) {
            logger.warning("a promise is broken, as the operator allows", [.reason: LogValue(finding)])
        }
        let broken = findings.filter { !allowed.contains($0.name) }
        guard broken.isEmpty else {
            let lines = broken.map { "\n  \($0); `--allow '\($0.name)'` starts all the same" }.joined()
            throw CommandFailure("the topic \(kafka.topic) breaks promises:\(lines)", code: .configuration)
        }
    }
}
