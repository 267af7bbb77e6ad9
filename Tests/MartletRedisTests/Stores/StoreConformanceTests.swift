import PortConformance
import Testing

/// The contract of the stores, on one real server and on a Redis Cluster of three masters.
@Suite(.serialized) struct StoreConformanceTests {
    private static var checks: [ConformanceCheck] { ConformanceCheck.all.filter { !$0.name.hasPrefix("log: ") } }

    @Test(arguments: ServerKind.allCases, StoreConformanceTests.checks)
    func keepsTheContract(_ kind: ServerKind, _ check: ConformanceCheck) async throws {
        try await check.run(try RedisSubject(kind))
    }
}
