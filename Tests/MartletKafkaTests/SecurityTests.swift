import MartletCore
import ServerHarness
import Testing

@testable import MartletKafka

extension KafkaSuites {
    /// librdkafka's settings for TLS and SASL reach it, and what they protect is protected.
    @Suite(.enabled(if: KafkaSource.canStart, "\(KafkaSource.absence)")) struct SecurityTests {
        private func settings(
            _ security: KafkaSecurity, certificate: String? = nil, password: String? = nil
        ) -> [KafkaSetting] {
            [
                KafkaSetting("security.protocol", "sasl_ssl"),
                KafkaSetting("ssl.ca.location", certificate ?? security.certificate),
                KafkaSetting("ssl.endpoint.identification.algorithm", "https"),
                KafkaSetting("sasl.mechanism", "PLAIN"),
                KafkaSetting("sasl.username", security.user),
                KafkaSetting("sasl.password", password ?? security.password),
            ]
        }

        /// What opening the log comes to.
        private func opening(
            _ log: TestLog, at bootstrap: String, _ settings: [KafkaSetting]
        ) -> KafkaError? {
            var configuration = log.configuration
            configuration.bootstrap = bootstrap
            configuration.settings = settings
            configuration.requestTimeoutMilliseconds = 2_000
            return configuration.refusal()
        }

        @Test func recordsGoThroughTLSAndSASLAndNothingElseDoes() async throws {
            let server = try KafkaServer(secured: true)
            defer { server.end() }
            let security = try #require(server.security)
            let log = try TestLog(server) { configuration in
                configuration.bootstrap = security.bootstrap
                configuration.settings = settings(security)
            }
            let records = (0..<100).map { [UInt8($0), 7] }
            let outcomes = await log.kafka.append(records, to: Slot(3))
            #expect(outcomes == (0..<100).map { .written(Offset($0)) })
            let read = await log.kafka.read(Slot(3), from: 0, count: 100)
            #expect(read.map(\.bytes) == records)

            let refused = [
                settings(security, certificate: security.otherCertificate), settings(security, password: "wrong"), [],
            ]
            for settings in refused {
                guard case .unavailable = opening(log, at: security.bootstrap, settings) else {
                    Issue.record("it opened with \(settings.map(\.name))")
                    return
                }
            }
        }

        @Test func aCertificateThatIsNotThereIsNamedBeforeAnyBrokerIsAsked() {
            var configuration = KafkaConfiguration(bootstrap: "127.0.0.1:1", cluster: "none", slotCount: 8)
            configuration.settings = [
                KafkaSetting("security.protocol", "ssl"), KafkaSetting("ssl.ca.location", "/nowhere/ca.pem"),
            ]
            do throws(KafkaError) {
                try configuration.check()
                Issue.record("a certificate that is not there is taken")
            } catch {
                guard case .setting("ssl.ca.location", _) = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }
}
