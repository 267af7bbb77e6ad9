import MartletCore
import Testing

@testable import MartletGateway

/// What the coordinator has to hear is said until the store has heard it, newest first of each slot.
@Suite struct SlotReportsTests {
    @Test func oneBatchAtATimeInOrder() {
        var reports = SlotReports()
        #expect(reports.isEmpty && reports.next(now: 0) == nil)
        reports.add(.released(Slot(2), 1))
        reports.add(.owns(Slot(1), 4))
        #expect(reports.next(now: 0) == [.released(Slot(2), 1), .owns(Slot(1), 4)])
        reports.add(.released(Slot(1), 4))
        #expect(reports.next(now: 0) == nil && !reports.isEmpty)
        reports.answered(nil, now: 0)
        #expect(reports.next(now: 0) == [.released(Slot(1), 4)])
        reports.answered(nil, now: 0)
        #expect(reports.isEmpty)
    }

    @Test func theNewestOfASlotCounts() {
        var reports = SlotReports()
        for epoch in 3...5 { reports.add(.owns(Slot(1), Epoch(epoch))) }
        reports.add(.released(Slot(1), 5))
        #expect(reports.next(now: 0) == [.released(Slot(1), 5)])
    }

    @Test(arguments: [PortError.unavailable, .closed]) func whatFailedIsSaidAgainUnlessItChanged(error: PortError) {
        var reports = SlotReports()
        reports.add(.released(Slot(1), 1))
        reports.add(.owns(Slot(2), 1))
        _ = reports.next(now: 0)
        reports.add(.released(Slot(2), 1))
        reports.answered(error, now: 100)
        #expect(reports.next(now: 599) == nil)
        #expect(reports.next(now: 600) == [.released(Slot(1), 1), .released(Slot(2), 1)])
    }

    @Test func whatIsTrueNoLongerIsNotSaidAgain() {
        var reports = SlotReports()
        reports.add(.released(Slot(1), 1))
        reports.add(.released(Slot(2), 1))
        _ = reports.next(now: 0)
        reports.forget(Slot(1))
        reports.forget(Slot(2))
        reports.add(.released(Slot(3), 1))
        #expect(reports.next(now: 0) == nil, "one batch at a time")
        reports.answered(.unavailable, now: 0)
        #expect(reports.next(now: 1_000) == [.released(Slot(3), 1)])
    }
}
