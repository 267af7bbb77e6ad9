import PortConformance
import Testing

/// The contract of the ports, which every engine has to keep.
@Suite struct EmbeddedConformanceTests {
    @Test(arguments: ConformanceCheck.all) func keepsTheContract(_ check: ConformanceCheck) async throws {
        try await check.run(try TestEngine())
    }
}
