import MartletCore
import PortConformance
import Testing

@testable import MartletEmbedded

@Suite struct SlotTailTests {
    /// What a round brings may be more than memory keeps: all who wait get it before it goes.
    @Test func eachWaitingReaderGetsARoundLargerThanTheTail() async throws {
        let engine = try TestEngine { $0.tailBytesPerSlot = 64 }
        let readers = (0..<3).map { _ in engine.log.reader(of: Slot(1), from: 0) }
        async let reads = withTaskGroup(of: LogRead.self) { group in
            for reader in readers {
                group.addTask {
                    await withCheckedContinuation { wait in
                        reader.next(maxRecords: 100, maxBytes: 1 << 20) { wait.resume(returning: $0) }
                    }
                }
            }
            return await group.reduce(into: [LogRead]()) { $0.append($1) }
        }
        let records = (0..<4).map { [UInt8](repeating: UInt8($0), count: 100) }
        await withCheckedContinuation { wait in
            engine.log.append(records, to: Slot(1)) { _ in wait.resume() }
        }
        let answers = await reads
        #expect(answers.count == 3)
        for answer in answers {
            guard case .records(let found, let end) = answer else {
                Issue.record("no records: \(answer)")
                continue
            }
            #expect(end == 4)
            #expect(found.first?.offset == 0)
            #expect(found.first?.bytes == records[0])
        }
    }
}
