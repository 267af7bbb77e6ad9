import MartletCore
import Testing

private let start: Int64 = MessageID.epochMilliseconds + 30_000_000_000

/// A clock whose wall time can step while its monotonic time goes on.
private struct Clock {
    var monotonic: Int64 = 1_000
    var offset: Int64 = start
    var now: Now { Now(wall: monotonic + offset, monotonic: monotonic) }
}

/// Takes `count` ids, moving time on where it is told to wait and leasing the next worker id where one is needed.
private func take(
    _ count: Int, _ generator: inout SnowflakeGenerator, _ clock: inout Clock, workers: inout [Int]
) -> [MessageID] {
    var ids: [MessageID] = []
    while ids.count < count {
        switch generator.next(clock.now) {
        case .id(let id): ids.append(id)
        case .wait(let milliseconds): clock.monotonic += milliseconds
        case .needsWorker:
            let validUntil = clock.monotonic + 600_000
            generator.install(worker: workers.removeFirst(), validUntil: validUntil, now: clock.now)
        }
    }
    return ids
}

@Suite("Snowflakes never repeat")
struct SnowflakeTests {
    @Test("Without a worker id there are no ids, and one out of range is refused")
    func needsWorker() {
        var generator = SnowflakeGenerator()
        let now = Clock().now
        #expect(generator.next(now) == .needsWorker)
        generator.install(worker: 1024, validUntil: .max / 2, now: now)
        generator.install(worker: -1, validUntil: .max / 2, now: now)
        #expect(generator.next(now) == .needsWorker)
        #expect(generator.worker == nil)
    }

    @Test("An id carries the time, the worker and the counter")
    func parts() {
        var generator = SnowflakeGenerator()
        let clock = Clock()
        generator.install(worker: 1023, validUntil: 10_000, now: clock.now)
        guard case .id(let first) = generator.next(clock.now), case .id(let second) = generator.next(clock.now) else {
            Issue.record("no ids")
            return
        }
        #expect(first.milliseconds == clock.now.wall && first.worker == 1023 && first.counter == 0)
        #expect(second.milliseconds == clock.now.wall && second.counter == 1)
    }

    @Test("Whoever asks with an older time gets an id too, behind those that were made meanwhile")
    func sharedByLoops() {
        var generator = SnowflakeGenerator()
        let clock = Clock()
        var later = clock
        later.monotonic += 500
        generator.install(worker: 7, validUntil: 100_000, now: clock.now)
        guard case .id(let first) = generator.next(later.now), case .id(let second) = generator.next(clock.now) else {
            Issue.record("no ids")
            return
        }
        #expect(first.milliseconds == later.now.wall && second > first)
    }

    @Test("4,096 ids a millisecond; a burst borrows eight milliseconds ahead and then waits")
    func overflow() {
        var generator = SnowflakeGenerator()
        var clock = Clock()
        generator.install(worker: 7, validUntil: 100_000, now: clock.now)
        var ids: [MessageID] = []
        while case .id(let id) = generator.next(clock.now) { ids.append(id) }
        #expect(ids.count == 4_096 * 9)
        #expect(Set(ids).count == ids.count && ids == ids.sorted())
        #expect(generator.next(clock.now) == .wait(milliseconds: 1))
        clock.monotonic += 1
        #expect((0..<4_096).allSatisfy { _ in if case .id = generator.next(clock.now) { true } else { false } })
        #expect(generator.next(clock.now) == .wait(milliseconds: 1))
    }

    @Test("It stops at the lease's end, also for ids that run ahead, and goes on when the lease is renewed")
    func leaseEnd() {
        var generator = SnowflakeGenerator()
        var clock = Clock()
        generator.install(worker: 7, validUntil: clock.monotonic + 2, now: clock.now)
        var ids: [MessageID] = []
        while case .id(let id) = generator.next(clock.now) { ids.append(id) }
        #expect(ids.count == 2 * 4_096)
        #expect(generator.next(clock.now) == .needsWorker)
        generator.install(worker: 7, validUntil: clock.monotonic + 1_000, now: clock.now)
        guard case .id(let next) = generator.next(clock.now) else {
            Issue.record("no id after renewal")
            return
        }
        #expect(next > ids[ids.count - 1])
        clock.monotonic += 1_000
        #expect(generator.next(clock.now) == .needsWorker)
    }

    @Test(
        "Clock steps of −5 ms, −10 s and +1 h, and back, repeat nothing",
        arguments: [-5, -10_000, 3_600_000] as [Int64])
    func steps(step: Int64) {
        var generator = SnowflakeGenerator()
        var clock = Clock()
        var workers = [1, 2, 3]
        var ids = take(6_000, &generator, &clock, workers: &workers)
        for change in [step, -step, step] {
            clock.offset += change
            ids += take(6_000, &generator, &clock, workers: &workers)
            clock.monotonic += 3
        }
        #expect(Set(ids).count == 24_000)
        // Only the step back by more than a second cost a worker id; the ids of the second one stayed in its time.
        #expect(generator.worker == (step == -10_000 ? 2 : 1))
    }

    @Test("A small step back is not seen in the ids; a forward step is not followed")
    func dates() {
        var generator = SnowflakeGenerator()
        var clock = Clock()
        var workers = [1]
        let before = take(1, &generator, &clock, workers: &workers)[0]
        clock.offset -= 5
        let small = take(1, &generator, &clock, workers: &workers)[0]
        clock.offset += 3_600_000
        clock.monotonic += 10
        let after = take(1, &generator, &clock, workers: &workers)[0]
        #expect(small > before)
        #expect(after.milliseconds == before.milliseconds + 10)
    }

    @Test("After a large step back the same worker id is no help, a fresh one dates by the new clock")
    func largeStepBack() {
        var generator = SnowflakeGenerator()
        var clock = Clock()
        generator.install(worker: 1, validUntil: .max / 2, now: clock.now)
        clock.offset -= 10_000
        #expect(generator.next(clock.now) == .needsWorker)
        generator.install(worker: 1, validUntil: .max / 2, now: clock.now)
        #expect(generator.next(clock.now) == .needsWorker)
        generator.install(worker: 2, validUntil: .max / 2, now: clock.now)
        #expect(generator.next(clock.now) == .id(MessageID(UInt64(30_000_001_000 - 10_000) << 22 | 2 << 12)))
    }

    @Test("A restart gets another worker id, and a worker id handed on after its lease repeats nothing")
    func restartAndHandOn() {
        var clock = Clock()
        var first = SnowflakeGenerator()
        first.install(worker: 5, validUntil: clock.monotonic + 600_000, now: clock.now)
        var workers = [6]
        var ids = take(5_000, &first, &clock, workers: &workers)
        // Restarted within the millisecond.
        var restarted = SnowflakeGenerator()
        ids += take(5_000, &restarted, &clock, workers: &workers)
        // The first one was cut off and goes on to the last moment; then its worker id is another's.
        clock.monotonic = 1_000 + 599_999
        while case .id(let id) = first.next(clock.now) { ids.append(id) }
        clock.monotonic = 1_000 + 600_000
        #expect(first.next(clock.now) == .needsWorker)
        var heir = SnowflakeGenerator()
        heir.install(worker: 5, validUntil: clock.monotonic + 600_000, now: clock.now)
        ids += take(5_000, &heir, &clock, workers: &workers)
        #expect(Set(ids).count == ids.count)
    }

    @Test("A wall clock before 2025 gives ids from the beginning of the range, not a trap")
    func absurdClock() {
        var generator = SnowflakeGenerator()
        generator.install(worker: 0, validUntil: .max / 2, now: Now(wall: 0, monotonic: 0))
        #expect(generator.next(Now(wall: 0, monotonic: 0)) == .id(MessageID(0)))
        var late = SnowflakeGenerator()
        late.install(worker: 0, validUntil: .max / 2, now: Now(wall: .max / 2, monotonic: 0))
        #expect(late.next(Now(wall: .max / 2 + 1, monotonic: 1)) == .needsWorker)
    }
}
