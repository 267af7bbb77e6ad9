import MartletCore
import Testing

@testable import MartletGateway

/// What the presence store has to hear is said until it has heard it, newest first of each device.
@Suite struct PresenceOutboxTests {
    private func offline(_ user: String, _ session: UInt64 = 1) -> PresenceChange {
        .offline(user: Key(user)!, device: DeviceID("d")!, session: session, epoch: 1, at: 5)
    }

    private func online(_ user: String, _ session: UInt64) -> PresenceChange {
        let node = NodeID("n")!
        return .online(
            PresenceRow(
                user: Key(user)!, device: DeviceID("d")!, session: session, edge: node, edgeIncarnation: 1, home: node,
                homeIncarnation: 1, epoch: 1, since: 1))
    }

    @Test func oneBatchAtATimeInOrder() {
        var outbox = PresenceOutbox()
        #expect(outbox.isEmpty && outbox.next(now: 0) == nil)
        outbox.add([offline("a"), offline("b")])
        #expect(outbox.next(now: 0) == [offline("a"), offline("b")])
        outbox.add([offline("c")])
        #expect(outbox.next(now: 0) == nil && !outbox.isEmpty)
        outbox.answered(nil, now: 0)
        #expect(outbox.next(now: 0) == [offline("c")])
        outbox.answered(nil, now: 0)
        #expect(outbox.isEmpty)
    }

    @Test func theNewestOfADeviceCounts() {
        var outbox = PresenceOutbox()
        outbox.add([online("a", 1), offline("b"), offline("a", 1), online("a", 2)])
        #expect(outbox.next(now: 0) == [online("a", 2), offline("b")])
    }

    @Test(arguments: [PortError.unavailable, .closed])
    func whatFailedIsSaidAgainUnlessItChanged(error: PortError) {
        var outbox = PresenceOutbox()
        outbox.add([online("a", 1), online("b", 1), online("c", 1)])
        _ = outbox.next(now: 100)
        outbox.add([offline("b", 1), online("d", 1)])
        outbox.answered(error, now: 100)
        #expect(outbox.next(now: 599) == nil)
        #expect(outbox.next(now: 600) == [online("a", 1), online("c", 1), offline("b", 1), online("d", 1)])
        outbox.answered(error, now: 700)
        #expect(outbox.next(now: 1_200)?.count == 4)
        outbox.answered(nil, now: 1_200)
        #expect(outbox.isEmpty)
    }

    @Test func aSlotThatGoesTellsEndsOnly() {
        var outbox = PresenceOutbox()
        outbox.add([offline("a"), online("b", 1)])
        _ = outbox.next(now: 0)
        outbox.add([online("c", 1), offline("d")])
        #expect(outbox.takeEnds() == [offline("a"), offline("d")])
        #expect(outbox.isEmpty && outbox.takeEnds().isEmpty)
    }

    @Test func batchesAreBounded() {
        var outbox = PresenceOutbox()
        outbox.add((0..<PresenceOutbox.batch + 1).map { offline("u\($0)") })
        #expect(outbox.next(now: 0)?.count == PresenceOutbox.batch)
        outbox.answered(nil, now: 0)
        #expect(outbox.next(now: 0) == [offline("u\(PresenceOutbox.batch)")])
    }
}
