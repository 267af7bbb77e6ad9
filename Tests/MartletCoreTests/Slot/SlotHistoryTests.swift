@testable import MartletCore
import Testing

@Suite struct SlotHistoryTests {
    @Test(arguments: 0..<4) func randomHistoriesKeepEveryPromise(chunk: Int) throws {
        for seed in 0..<25 {
            let world = try SlotWorld(seed: UInt64(chunk * 25 + seed))
            do { try world.run() } catch { Issue.record("seed \(chunk * 25 + seed): \(error)"); return }
        }
    }
}
