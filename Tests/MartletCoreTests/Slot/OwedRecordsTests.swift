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
