@testable import MartletCore
import Testing

private func expired(_ wheel: inout HeartbeatWheel, at milliseconds: Int64) -> [Int] {
    var indices: [Int] = []
    wheel.advance(to: milliseconds) { index, _ in indices.append(index) }
    return indices.sorted()
}

@Suite("One wheel keeps the deadlines of all rows of a loop")
struct HeartbeatWheelTests {
    @Test("A row takes 16 bytes")
    func size() { #expect(MemoryLayout<HeartbeatWheel.Row>.stride == 16) }

    @Test("A row expires at its deadline or up to a tick later, once, and never before")
    func expires() {
        var wheel = HeartbeatWheel(nowMilliseconds: 5_000)
        wheel.arm(3, generation: 9, deadlineMilliseconds: 7_500)
        #expect(expired(&wheel, at: 7_499) == [])
        #expect(wheel.isArmed(3))
        #expect(expired(&wheel, at: 8_000) == [3])
        #expect(!wheel.isArmed(3))
        #expect(expired(&wheel, at: 1_000_000) == [])
    }

    @Test("Arming again moves the deadline, later and earlier")
    func rearm() {
        var wheel = HeartbeatWheel(nowMilliseconds: 0)
        wheel.arm(0, generation: 1, deadlineMilliseconds: 90_000)
        wheel.arm(0, generation: 2, deadlineMilliseconds: 10_000)
        wheel.arm(1, generation: 1, deadlineMilliseconds: 10_000)
        wheel.arm(1, generation: 1, deadlineMilliseconds: 90_000)
        #expect(expired(&wheel, at: 10_000) == [0])
        #expect(expired(&wheel, at: 90_000) == [1])
    }

    @Test("The generation is the newest that the row was armed with")
    func generation() {
        var wheel = HeartbeatWheel(nowMilliseconds: 0)
        wheel.arm(0, generation: 1, deadlineMilliseconds: 1_000)
        wheel.arm(0, generation: 2, deadlineMilliseconds: 1_000)
        wheel.advance(to: 1_000)
        #expect(wheel.popExpired() == HeartbeatWheel.Expired(index: 0, generation: 2))
        #expect(wheel.popExpired() == nil)
    }

    @Test("A cancelled row does not expire, whether its deadline was ahead or had just passed")
    func cancel() {
        var wheel = HeartbeatWheel(nowMilliseconds: 0)
        for index in 0..<3 { wheel.arm(index, generation: 0, deadlineMilliseconds: 2_000) }
        wheel.cancel(1)
        wheel.cancel(1)
        wheel.cancel(77)
        wheel.advance(to: 2_000)
        wheel.cancel(2)
        #expect(wheel.popExpired()?.index == 0)
        #expect(wheel.popExpired() == nil)
    }

    @Test("A row that expired and was armed again before it was taken waits for its new deadline")
    func rearmExpired() {
        var wheel = HeartbeatWheel(nowMilliseconds: 0)
        wheel.arm(0, generation: 0, deadlineMilliseconds: 1_000)
        wheel.advance(to: 1_000)
        wheel.arm(0, generation: 0, deadlineMilliseconds: 3_000)
        #expect(wheel.popExpired() == nil)
        #expect(expired(&wheel, at: 3_000) == [0])
    }

    @Test("A deadline that has passed expires with the next tick")
    func past() {
        var wheel = HeartbeatWheel(nowMilliseconds: 10_000)
        wheel.arm(0, generation: 0, deadlineMilliseconds: -5)
        #expect(expired(&wheel, at: 10_999) == [])
        #expect(expired(&wheel, at: 11_000) == [0])
    }

    @Test("Deadlines turns of the wheel ahead, and jumps over several turns")
    func turns() {
        var wheel = HeartbeatWheel(nowMilliseconds: 0, tickMilliseconds: 10, buckets: 4)
        for index in 0..<20 { wheel.arm(index, generation: 0, deadlineMilliseconds: Int64(index) * 10) }
        #expect(expired(&wheel, at: 40) == [0, 1, 2, 3, 4])
        #expect(expired(&wheel, at: 45) == [])
        #expect(expired(&wheel, at: 20) == [])
        #expect(expired(&wheel, at: 150) == Array(5...15))
        #expect(expired(&wheel, at: 1_000_000) == Array(16...19))
    }

    @Test("Against a plain list of deadlines, over a hundred thousand random steps")
    func model() {
        var wheel = HeartbeatWheel(nowMilliseconds: 0, tickMilliseconds: 10, buckets: 16)
        var model: [Int: Int64] = [:]
        var random = SplitMix(seed: 1)
        var now: Int64 = 0
        for _ in 0..<100_000 {
            let index = random.below(50)
            switch random.below(10) {
            case 0...5:
                let deadline = now + Int64(random.below(400))
                wheel.arm(index, generation: 0, deadlineMilliseconds: deadline)
                // To the tick at or after the deadline, and at least the next.
                model[index] = max((deadline + 9) / 10, now / 10 + 1)
            case 6...7:
                wheel.cancel(index)
                model[index] = nil
            default:
                now += Int64(random.below(60))
                let due = model.filter { $0.value <= now / 10 }.keys.sorted()
                #expect(expired(&wheel, at: now) == due)
                for index in due { model[index] = nil }
            }
        }
    }
}
