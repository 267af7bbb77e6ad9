import Testing

@testable import MartletCore

@Suite struct OwedRecordsTests {
    private let target = Slot(1)

    private func incoming(_ m: UInt64) -> Incoming {
        Incoming(
            source: Slot(0), sourceOffset: Offset(m), m: m, to: Key(trusted: [98]), from: Key(trusted: [97]),
            actor: nil,
            id: MessageID(m), content: MessageContent(type: .message, body: []), time: 0)
    }

    /// How many records went for each that is owed, where two a second come up for a minute and each is acknowledged
    /// `after` milliseconds.
    private func sendsPerRecord(acknowledgedAfter after: Int64) -> Double {
        var owed = OwedRecords(acknowledged: [0, 0], tuning: SlotTuning())
        var sends = 0, made: UInt64 = 0
        var way: [(m: UInt64, at: Int64)] = []
        for now in stride(from: Int64(0), to: 60_000, by: 20) {
            if now % 500 == 0 {
                made += 1
                owed.append(incoming(made), at: Offset(made), for: target)
                way.append((made, now + after))
            }
            while let first = way.first, first.at <= now {
                owed.acknowledge(by: target, upTo: first.m, now: now)
                way.removeFirst()
            }
            owed.resend(now: now)
            owed.drain(now: now) { _, _ in sends += 1 }
        }
        return Double(sends) / Double(made)
    }

    @Test func whatIsAcknowledgedInTimeGoesOnce() {
        #expect(sendsPerRecord(acknowledgedAfter: 900) == 1)
    }

    /// One target that answers late must not be sent everything again and again: that would make it later still.
    @Test(arguments: [3_000, 8_000]) func whereAllIsLateLittleGoesTwice(after: Int64) {
        #expect(sendsPerRecord(acknowledgedAfter: after) < 1.5)
    }

    /// Many targets, each with little for it, all late alike: what one tells of the queue counts for all.
    @Test func aQueueThatAllShareIsLearntFromAll() {
        let targets = 64
        var owed = OwedRecords(acknowledged: Array(repeating: 0, count: targets), tuning: SlotTuning())
        var sends = 0, made: [UInt64] = Array(repeating: 0, count: targets)
        var way: [(target: Int, m: UInt64, at: Int64)] = []
        for now in stride(from: Int64(0), to: 120_000, by: 20) {
            // The queue grows to ten seconds in the first of two minutes.
            let wait = min(10_000, 100 + now / 6)
            for target in 0..<targets where now / 20 % 100 == Int64(target) {
                made[target] += 1
                owed.append(incoming(made[target]), at: Offset(made[target]), for: Slot(target))
                way.append((target, made[target], now + wait))
            }
            while let first = way.first, first.at <= now {
                owed.acknowledge(by: Slot(first.target), upTo: first.m, now: now)
                way.removeFirst()
            }
            owed.resend(now: now)
            owed.drain(now: now) { _, _ in sends += 1 }
        }
        #expect(Double(sends) / Double(made.reduce(0, +)) < 1.1)
    }

    @Test func whatIsLostGoesAgainAndTheWaitGrowsShorterWithAcknowledgements() {
        var owed = OwedRecords(acknowledged: [0, 0], tuning: SlotTuning())
        var sent: [UInt64] = []
        func pass(_ now: Int64) {
            owed.resend(now: now)
            owed.drain(now: now) { sent.append($1.m) }
        }
        owed.append(incoming(1), at: 1, for: target)
        for now: Int64 in [0, 999, 1_000, 2_999, 3_000] { pass(now) }
        #expect(sent == [1, 1, 1], "after a second, and then after two")
        owed.acknowledge(by: target, upTo: 1, now: 3_100)
        sent = []
        for m in UInt64(2)...40 {
            owed.append(incoming(m), at: Offset(m), for: target)
            pass(3_100)
            owed.acknowledge(by: target, upTo: m, now: 3_100)
        }
        owed.append(incoming(41), at: 41, for: target)
        for now: Int64 in [3_200, 4_199, 4_200] { pass(now) }
        #expect(sent == Array(2...41) + [41])
    }
}
