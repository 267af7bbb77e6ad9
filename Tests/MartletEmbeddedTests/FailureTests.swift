import Glibc
import MartletCore
import Synchronization
import Testing

@testable import MartletEmbedded

/// What happens when the disk is full, fails, or the machine does. The limit only ends a test that hangs: all suites run
/// side by side, and the histories of slots leave the others little time.
@Suite(.timeLimit(.minutes(10))) struct FailureTests {
    /// Tries until the engine takes a write again; it does so by itself.
    private func appendWhenPossible(_ engine: TestEngine, _ record: [UInt8], _ slot: Slot) async -> Offset {
        while true {
            if case .written(let offset)? = await append(engine, [record], slot).first { return offset }
            engine.advance(milliseconds: 10)
            await Task.yield()
        }
    }

    @Test func aFailedRoundIsUnknownAndTheEngineGoesOnByItself() async throws {
        let engine = try TestEngine()
        #expect(await append(engine, [[1]], Slot(0)) == [.written(0)])
        engine.faults.failRounds(1)
        engine.faults.failOpens(3)
        #expect(await append(engine, [[2]], Slot(0)) == [.unknown])
        #expect(await append(engine, [[3]], Slot(0)) == [.failed(.unavailable)])
        #expect(engine.engine.refusesWrites)
        let next = await appendWhenPossible(engine, [4], Slot(0))
        #expect(next == 2, "the offset of the failed write is not used again")
        #expect(!engine.engine.refusesWrites)
        guard case .records(let records, let end) = await records(engine, Slot(0)) else {
            throw EmbeddedError.failed("no records")
        }
        #expect(records.map(\.bytes) == [[1], [], [4]])
        #expect(end == 3)
    }

    @Test func readersThatWaitAreServedAfterAFailure() async throws {
        let engine = try TestEngine()
        let reader = engine.log.reader(of: Slot(3), from: 0)
        async let waiting = withCheckedContinuation { wait in
            reader.next(maxRecords: 9, maxBytes: 99) { wait.resume(returning: $0) }
        }
        engine.faults.failRounds(1)
        #expect(await append(engine, [[1]], Slot(0)) == [.unknown])
        _ = await appendWhenPossible(engine, [7], Slot(3))
        #expect(await waiting == .records([LoggedRecord(offset: 0, bytes: [7])], end: 1))
    }

    @Test func stepsOfAFailedRoundAreUnknownAndLeaveNoTraceInMemory() async throws {
        let engine = try TestEngine()
        let alice = Key(trusted: [97]), bob = Key(trusted: [98])
        #expect(await claim(engine, Slot(0), 1) == .applied)
        engine.faults.failRounds(1)
        let step = StoreStep(
            slot: Slot(0), epoch: 1, expectedOffset: -1, expectedForwarded: -1, offset: 1, forwarded: 1,
            operations: [.append(user: alice, entry(1, from: bob))])
        #expect(await apply(engine, step) == .unknown)
        _ = await appendWhenPossible(engine, [1], Slot(1))
        #expect(await apply(engine, step) == .applied)
        guard
            case .conversation(_, let state)? = await read(
                engine, .conversation(user: alice, peer: Peer(.user, bob)), Slot(0))
        else { throw EmbeddedError.failed("no conversation") }
        #expect(state?.unread == 1)
    }

    @Test func leasesOutliveAFailedDisk() async throws {
        let engine = try TestEngine()
        let node = NodeRegistration(id: NodeID(trusted: [97]), incarnation: 4, linkAddress: "", clientAddress: "")
        _ = await withCheckedContinuation { wait in engine.cluster.register(node) { wait.resume(returning: $0) } }
        engine.faults.failRounds(1)
        engine.faults.failOpens(1_000_000)
        _ = await append(engine, [[1]], Slot(0))
        for _ in 0..<5 {
            engine.advance(milliseconds: 2_000)
            let renewal = await withCheckedContinuation { wait in
                engine.cluster.renew(node.id, incarnation: 4) { wait.resume(returning: $0) }
            }
            #expect(renewal == .held)
        }
        let report = await withCheckedContinuation { wait in
            engine.cluster.report([.owns(Slot(0), 1)], from: node.id, incarnation: 4) { wait.resume(returning: $0) }
        }
        #expect(report == .unavailable)
    }

    @Test func theDiskAlarmRefusesAppendsAndStepsUntilThereIsRoom() async throws {
        let free = Mutex<UInt64?>(10_000)
        let engine = try TestEngine(disk: TestDisk { free.withLock { $0 } }) {
            $0.minimumFreeBytes = 5_000
            $0.diskCheckMilliseconds = 1
        }
        #expect(await claim(engine, Slot(0), 1) == .applied)
        #expect(await append(engine, [[1]], Slot(0)) == [.written(0)])
        free.withLock { $0 = 4_999 }
        engine.advance(milliseconds: 10)
        while !engine.engine.refusesWrites { await Task.yield() }
        #expect(await append(engine, [[2]], Slot(0)) == [.failed(.unavailable)])
        let step = StoreStep(
            slot: Slot(0), epoch: 1, expectedOffset: -1, expectedForwarded: -1, offset: 1, forwarded: 1)
        #expect(await apply(engine, step) == .failed(.unavailable))
        guard case .records(let records, _) = await records(engine, Slot(0)) else {
            throw EmbeddedError.failed("reads must go on")
        }
        #expect(records.count == 1)
        free.withLock { $0 = 5_000 }
        engine.advance(milliseconds: 10)
        while engine.engine.refusesWrites { await Task.yield() }
        #expect(await append(engine, [[2]], Slot(0)) == [.written(1)])
        #expect(await apply(engine, step) == .applied)
    }

    @Test(arguments: [false, true]) func aPowerCutWithoutFsyncStartsANewGeneration(fsync: Bool) async throws {
        let folder = try TestEngine.makeFolder(), copy = try TestEngine.makeFolder()
        defer {
            TestEngine.removeFolder(folder)
            TestEngine.removeFolder(copy)
        }
        let first = try TestEngine(folder: folder, bootID: "one") { $0.fsync = fsync }
        _ = await append(first, [[1]], Slot(0))
        // The files as they are while the engine runs: what a stop without a goodbye leaves behind.
        try copyFolder(folder, to: copy)
        let generation = first.log.generation
        #expect(generation != 0 && generation < 1 << 63)
        first.engine.close()
        let sameBoot = try TestEngine(folder: copy, bootID: "one") { $0.fsync = fsync }
        #expect(sameBoot.log.generation == generation)
        try copyFolder(copy, to: folder)
        sameBoot.engine.close()
        let closed = try TestEngine(folder: copy, bootID: "two") { $0.fsync = fsync }
        #expect(closed.log.generation == generation, "it was closed in order")
        let cut = try TestEngine(folder: folder, bootID: "three") { $0.fsync = fsync }
        #expect((cut.log.generation == generation) == fsync)
        guard case .records(let records, _) = await records(cut, Slot(0)) else {
            throw EmbeddedError.failed("no records")
        }
        #expect(records.map(\.bytes) == [[1]])
    }

    private func copyFolder(_ from: String, to: String) throws {
        #expect(run(["/bin/sh", "-c", "rm -rf \(to)/* && cp -a \(from)/. \(to)/"]) == 0)
    }

    /// A file system that is full for real.
    @Test func aFullDiskLosesNothingAndIsSurvived() async throws {
        let folder = try TestEngine.makeFolder()
        defer { TestEngine.removeFolder(folder) }
        guard run(["/bin/mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]) == 0 else {
            print("skipped: no tmpfs can be mounted here")
            return
        }
        defer { #expect(run(["/bin/umount", folder]) == 0) }
        let engine = try TestEngine(folder: folder) {
            $0.ballastBytes = 16 << 20
            $0.memtableBytes = 4 << 20
        }
        var written: [Offset: UInt8] = [:]
        let big = [UInt8](repeating: 1, count: 100_000)
        for number in 0..<2_000 {
            let record = [UInt8(number & 0xFF)] + big
            guard case .written(let offset)? = await append(engine, [record], Slot(0)).first else { break }
            written[offset] = UInt8(number & 0xFF)
        }
        #expect(written.count < 2_000, "the disk got full")
        await check(engine, holds: written)
        let next = await appendWhenPossible(engine, [7], Slot(0))
        #expect(next >= Offset(written.count))
        engine.engine.close()
    }

    private func check(_ engine: TestEngine, holds written: [Offset: UInt8]) async {
        let reader = engine.log.reader(of: Slot(0), from: 0)
        var found = 0
        let deadline = ContinuousClock.now + .seconds(120)
        while found < written.count {
            let answer = await withCheckedContinuation { wait in
                reader.next(maxRecords: 10, maxBytes: 1 << 20) { wait.resume(returning: $0) }
            }
            guard case .records(let records, _) = answer else {
                guard ContinuousClock.now < deadline else {
                    Issue.record("it does not go on: \(answer)")
                    return
                }
                engine.advance(milliseconds: 100)
                await Task.yield()
                continue
            }
            for record in records where written[record.offset] != nil {
                #expect(record.bytes.first == written[record.offset])
                found += 1
            }
        }
    }
}
