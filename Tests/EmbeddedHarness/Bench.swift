import Glibc
import MartletCore
import MartletEmbedded
import Synchronization

/// Two log records and two mailbox entries of 250 bytes a message, 50 messages a batch, 64 slots of 16 users; a few
/// batches in flight. Prints messages a second and CPU time a message.
final class Bench: Sendable {
    private static let batch = 50, slots = 64, users = 16, inFlight = 4
    private let engine: EmbeddedEngine
    private let done = Atomic(0)
    private let stops = Atomic(false)
    private let running = Atomic(Bench.inFlight)

    init(_ engine: EmbeddedEngine) { self.engine = engine }

    func run(seconds: Int) {
        for slot in 0..<Bench.slots { engine.mailboxes.claim(Slot(slot), epoch: 1) { _ in } }
        let start = Bench.seconds(CLOCK_MONOTONIC), cpu = Bench.seconds(CLOCK_PROCESS_CPUTIME_ID)
        for lane in 0..<Bench.inFlight { next(lane, 0) }
        sleep(UInt32(seconds))
        let count = done.load(ordering: .relaxed)
        let (wall, used) = (Bench.seconds(CLOCK_MONOTONIC) - start, Bench.seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu)
        stops.store(true, ordering: .relaxed)
        while running.load(ordering: .relaxed) > 0 { usleep(1_000) }
        print("messages/s \(Int(Double(count) / wall))")
        print("CPU µs/message \(used / Double(max(count, 1)) * 1_000_000)")
        print("cores \(used / wall)")
        print("file MiB \(engine.fileBytes >> 20)")
        engine.close()
    }

    /// One batch: the records of 50 messages to a slot, then the step with their entries. A lane has its own slots.
    private func next(_ lane: Int, _ round: Int) {
        if stops.load(ordering: .relaxed) {
            running.subtract(1, ordering: .relaxed)
            return
        }
        let slot = Slot(round % (Bench.slots / Bench.inFlight) * Bench.inFlight + lane)
        let turn = Offset(round / (Bench.slots / Bench.inFlight))
        engine.log.append(Bench.records, to: slot) { [self] outcomes in
            guard case .written? = outcomes.first else { fail("append: \(outcomes[0])") }
            engine.mailboxes.apply(Bench.step(slot, turn)) { [self] outcome in
                guard outcome == .applied else { fail("step: \(outcome)") }
                done.add(Bench.batch, ordering: .relaxed)
                next(lane, round + 1)
            }
        }
    }

    private static let records = (0..<2 * batch).map { [UInt8](repeating: UInt8($0), count: 250) }
    private static let keys = (0..<users).map { Key(trusted: Array("user-\($0)".utf8)) }
    private static let phone = DeviceID(trusted: Array("phone".utf8))

    private static func step(_ slot: Slot, _ turn: Offset) -> StoreStep {
        let width = Offset(2 * batch), first = turn * width
        let operations = (0..<width).map { index -> MailboxOperation in
            let pair = Int(first + index) / 2
            let (from, to) = (keys[pair % users], keys[(pair / users * 7 + pair + 1) % users])
            return .append(user: index % 2 == 0 ? from : to, entry(first + index + 1, from, to, isOwn: index % 2 == 0))
        }
        return StoreStep(
            slot: slot, epoch: 1, expectedOffset: turn == 0 ? -1 : first, expectedForwarded: turn == 0 ? -1 : first,
            offset: first + width, forwarded: first + width, operations: operations)
    }

    private static func entry(_ seq: Offset, _ from: Key, _ to: Key, isOwn: Bool) -> Entry {
        Entry(
            seq: seq, id: MessageID(UInt64(seq)), from: from,
            origin: isOwn ? Entry.Origin(device: phone, clientSequence: UInt64(seq)) : nil,
            conversation: Peer(.user, isOwn ? to : from),
            content: MessageContent(type: .message, body: [UInt8](repeating: 5, count: 200)), time: 1_800_000_000_000,
            sourceSeq: seq)
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
