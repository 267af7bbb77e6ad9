import MartletKafka
import PortConformance
import ServerHarness
import Testing

/// Everything that needs a broker, one after the other: the machine has more to do.
@Suite(.serialized, .enabled(if: KafkaSource.found != nil, "\(KafkaSource.absence)")) struct KafkaSuites {}

extension KafkaSuites {
    @Suite struct ConformanceTests {
        static let checks = ConformanceCheck.all.filter { $0.name.hasPrefix("log:") }

        /// The contract of the log, which every engine has to keep.
        @Test(arguments: checks) func keepsTheContract(_ check: ConformanceCheck) async throws {
            // A check waits for what it appended, however little of the machine is left for it.
            try await check.run(try TestLog { $0.sendTimeoutMilliseconds = 60_000 })
        }
    }
}
