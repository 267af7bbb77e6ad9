import Foundation
import MartletCore
import Testing

/// What the core computes must not depend on the process (`Set` and `Dictionary` order do). The suite runs in two
/// processes, and their digests are compared: `MARTLET_DIGEST_FILE` names where this one's goes.
@Suite("The core's digest")
struct DigestTests {
    @Test("Ring, assignment, wheel, ids and the coordinator's maps, in one number that every process shares")
    func digest() throws {
        var text = RingSimulation(maxNodes: 12, name: Naming.random.name).table
        text += assignments() + wheel() + snowflakes() + coordinator()
        let digest = String(xxh64(Array(text.utf8).span), radix: 16)
        // Changes only with the algorithms: whoever changes them on purpose sets it anew.
        #expect(digest == "23fc47785a4b30a")
        guard let file = ProcessInfo.processInfo.environment["MARTLET_DIGEST_FILE"] else { return }
        try (digest + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    }

    private func assignments() -> String {
        let members = (0..<9).map { Ring.Member(Naming.random.name($0), weight: 1 + $0 % 3) }
        let assignment = Assignment(slots: 256, members: members)
        let first = assignment.owners(from: [], pins: [(Slot(3), members[5].id), (Slot(4), members[5].id)])
        let second = Assignment(slots: 256, members: Array(members.dropFirst(2))).owners(from: first)
        return (first + second).map { $0?.description ?? "-" }.joined(separator: ",")
    }

    private func wheel() -> String {
        var random = SplitMix(seed: 11)
        var wheel = HeartbeatWheel(nowMilliseconds: 0, tickMilliseconds: 10, buckets: 32)
        var order: [Int] = []
        for step in 0..<2_000 {
            wheel.arm(random.below(100), generation: 0, deadlineMilliseconds: Int64(step * 5 + random.below(900)))
            wheel.cancel(random.below(100))
            wheel.advance(to: Int64(step * 5)) { index, _ in order.append(index) }
        }
        return order.map(String.init).joined(separator: ",")
    }

    private func snowflakes() -> String {
        var generator = SnowflakeGenerator()
        generator.install(worker: 9, validUntil: 100, now: Now(wall: MessageID.epochMilliseconds, monotonic: 0))
        var text = ""
        for step in 0..<60_000 where step < 1_000 || step % 100 == 0 || step > 39_000 {
            switch generator.next(Now(wall: .max / 2, monotonic: Int64(step / 4_500))) {
            case .id(let id): text += "\(id),"
            case .wait(let milliseconds): text += "wait \(milliseconds),"
            case .needsWorker: text += "-,"
            }
        }
        return text
    }

    private func coordinator() -> String {
        var world = CoordinatorWorld(slots: 64, maxMoving: 5)
        for name in ["a", "b", "c", "d"] {
            world.join(name)
            world.pass(3_000)
        }
        world.change("b") { $0.left = true }
        world.change("d") { $0.draining = true }
        world.pass(10_000)
        let bytes = world.published.flatMap(ClusterMapCodec.encode)
        return String(xxh64(bytes.span)) + world.events.map { "\($0)" }.joined(separator: ",")
    }
}
