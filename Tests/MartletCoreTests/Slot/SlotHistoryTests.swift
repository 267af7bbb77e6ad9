import Synchronization
import Testing

@testable import MartletCore

#if canImport(Glibc)
    import Glibc
#endif

/// The central proof: random histories of a small cluster over the real machine (see `SlotWorld`, `SlotOracle`).
///
/// `MARTLET_HISTORIES` says how many (default 2,000, some minutes of two cores in a debug build), `MARTLET_FIRST_HISTORY` from which seed on.
/// `MARTLET_SLOT_DIGEST_FILE`: where to write the digest of the first 60, for a comparison between two processes.
@Suite struct SlotHistoryTests {
    @Test func randomHistoriesKeepEveryPromise() async {
        let first = setting("MARTLET_FIRST_HISTORY") ?? 0, count = setting("MARTLET_HISTORIES") ?? 2_000
        let results = await withTaskGroup { group in
            for worker in 0..<2 {
                group.addTask {
                    var results: [HistoryResult] = []
                    for seed in stride(from: first + worker, to: first + count, by: 2) {
                        results.append(HistoryResult(seed: seed))
                        // All suites share as many threads as there are cores: the others get their turn.
                        await Task.yield()
                    }
                    return results
                }
            }
            return await group.reduce(into: [HistoryResult]()) { $0 += $1 }.sorted { $0.seed < $1.seed }
        }
        for result in results.filter({ $0.broken != nil }).prefix(5) {
            Issue.record("seed \(result.seed): \(result.broken ?? "")")
        }
        report(results)
        writeDigest(results.prefix(60))
    }

    /// One seed is one history: what the digest is worth, and what makes a failure repeatable.
    @Test func aSeedRepeats() throws {
        let results = (0..<2).map { _ in HistoryResult(seed: 3) }
        #expect(results[0].digest == results[1].digest)
        #expect(results[0].count == results[1].count)
        #expect(results[0].digest != HistoryResult(seed: 4).digest)
    }

    private func report(_ results: [HistoryResult]) {
        var total: [String: Int] = [:]
        for result in results { total.merge(result.count, uniquingKeysWith: +) }
        print(
            "\(results.count) histories: "
                + total.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", "))
    }

    private func writeDigest(_ results: ArraySlice<HistoryResult>) {
        guard let path = environment("MARTLET_SLOT_DIGEST_FILE"), let file = unsafe fopen(path, "w") else { return }
        for result in results { unsafe fputs("\(result.seed) \(String(result.digest, radix: 16))\n", file) }
        unsafe fclose(file)
    }

    private func setting(_ name: String) -> Int? { environment(name).flatMap { Int($0) } }

    private func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

struct HistoryResult: Sendable {
    let seed: Int
    let broken: String?
    let digest: UInt64
    let count: [String: Int]

    init(seed: Int, mutant: Mutant = Mutant()) {
        self.seed = seed
        let world = SlotWorld(seed: UInt64(seed), mutant: mutant)
        var broken: String?
        do { try world.run() } catch { broken = "\(error)" }
        self.broken = broken
        digest = world.oracle.digest
        count = world.summary
    }
}
