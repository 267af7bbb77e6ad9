import MartletCore
import Testing

@testable import MartletEmbedded

@Suite struct RetentionTests {
    private let alice = Key(trusted: [97]), bob = Key(trusted: [98])

    private func fill(_ engine: TestEngine, from first: Offset, count: Offset, bytes: Int = 1, perStep: Offset = 16)
        async
    {
        for start in stride(from: first, to: first + count, by: Int(perStep)) {
            let time = engine.clock.now.wall
            let step = StoreStep(
                slot: Slot(0), epoch: 1, expectedOffset: start - 1, expectedForwarded: -1, offset: start + perStep - 1,
                forwarded: -1,
                operations: (start..<start + perStep).map {
                    .append(user: alice, entry($0 + 1, from: bob, time: time, bytes: bytes))
                })
            #expect(await apply(engine, step) == .applied)
        }
    }

    private func page(_ engine: TestEngine) async throws -> MailboxPage {
        guard
            case .page(let page)? = await read(
                engine, .page(user: alice, after: 0, maxEntries: 100_000, maxBytes: 1 << 30), Slot(0))
        else { throw EmbeddedError.failed("no page") }
        return page
    }

    private func history(_ engine: TestEngine) async throws -> [Offset] {
        guard
            case .history(_, let entries, _)? = await read(
                engine,
                .history(
                    user: alice, conversation: Peer(.user, bob), before: 0, maxEntries: 100_000, maxBytes: 1 << 30),
                Slot(0))
        else { throw EmbeddedError.failed("no history") }
        return entries.map(\.seq)
    }

    @Test func aMailboxKeepsItsNewestEntriesAndRaisesItsFloor() async throws {
        let engine = try TestEngine { $0.limits.mailboxEntries = 100 }
        #expect(await claim(engine, Slot(0), 1) == .applied)
        await fill(engine, from: 0, count: 1_600)
        let page = try await page(engine)
        #expect((100..<100 + 64 + 16).contains(page.entries.count))
        #expect(page.entries.last?.seq == 1_600)
        #expect(page.floor == (page.entries.first?.seq ?? 0) - 1)
        #expect(page.entries.first?.prev == page.floor)
        #expect(try await history(engine) == page.entries.map(\.seq).reversed())
    }

    @Test func aMailboxIsBoundedByBytes() async throws {
        let engine = try TestEngine { $0.limits.mailboxBytes = 100_000 }
        #expect(await claim(engine, Slot(0), 1) == .applied)
        await fill(engine, from: 0, count: 1_600, bytes: 872)
        let page = try await page(engine)
        let bytes = page.entries.reduce(0) { $0 + $1.cost }
        #expect((36_000...116_000).contains(bytes), "\(bytes)")
        #expect(page.entries.last?.seq == 1_600)
    }

    @Test(arguments: [Offset(16), 160]) func oldEntriesGoInTheBackground(count: Offset) async throws {
        let engine = try TestEngine { $0.limits.mailboxMilliseconds = 10_000 }
        #expect(await claim(engine, Slot(0), 1) == .applied)
        await fill(engine, from: 0, count: count)
        engine.advance(milliseconds: 8_000)
        await fill(engine, from: count, count: 16)
        engine.advance(milliseconds: 4_000)
        await engine.trimNow()
        let kept = try await page(engine)
        #expect(kept.entries.map(\.seq) == (count + 1...count + 16).map { $0 })
        #expect(kept.floor == count)
        engine.advance(milliseconds: 20_000)
        await engine.trimNow()
        #expect(try await page(engine).entries.isEmpty)
        #expect(try await history(engine).isEmpty)
        await fill(engine, from: count + 16, count: 16)
        #expect(try await page(engine).entries.first?.prev == count + 16, "the chain goes on behind what went")
    }

    @Test func theDiskDoesNotGrowForEver() async throws {
        let engine = try TestEngine {
            $0.logBytesPerSlot = 1 << 20
            $0.logMilliseconds = .max / 2
            $0.limits.mailboxEntries = 100
        }
        #expect(await claim(engine, Slot(0), 1) == .applied)
        let record = [UInt8](repeating: 3, count: 10_000)
        for round in 0..<64 {
            let outcomes = await append(engine, (0..<100).map { _ in record }, Slot(round % 2))
            #expect(outcomes.count == 100)
            await fill(engine, from: Offset(round * 160), count: 160, bytes: 2_000, perStep: 160)
            engine.log.allowTrim(of: Slot(round % 2), before: .max)
            await engine.trimNow()
        }
        engine.engine.compact()
        #expect(engine.engine.fileBytes < 6 << 20, "\(engine.engine.fileBytes) of 84 MB written")
    }

    @Test func theLogKeepsWhatIsYoungerThanRetention() async throws {
        let engine = try TestEngine { $0.logMilliseconds = 100_000 }
        for _ in 0..<20 {
            _ = await append(engine, (0..<50).map { [UInt8($0)] }, Slot(0))
            engine.advance(milliseconds: 10_000)
        }
        engine.log.allowTrim(of: Slot(0), before: .max)
        await engine.trimNow()
        guard case .trimmed(let start) = await records(engine, Slot(0)) else {
            throw EmbeddedError.failed("not trimmed")
        }
        #expect((400...500).contains(start), "200 s were written, 100 s are kept: from \(start)")
    }
}
