import Testing

@testable import MartletGateway

/// Records go at once in a quiet hour, and gather the longer the more there are.
@Suite struct AppendPaceTests {
    /// Sends `perSecond` records for `seconds`, 10 ms apart or as far as the pace says.
    private func pace(_ perSecond: Int, seconds: Int64, from start: Int64 = 0, _ pace: inout AppendPace) -> Int64 {
        var now = start, last = start
        while now < start + seconds * 1_000 {
            now += max(10, pace.wait(now: now))
            pace.flushed(perSecond * Int(now - last) / 1_000, now: now)
            last = now
        }
        return now
    }

    @Test func theFirstRecordGoesAtOnce() {
        let pace = AppendPace(maxMilliseconds: 12)
        #expect(pace.wait(now: 0) <= 0)
        #expect(pace.wait(now: 1_000_000) <= 0)
    }

    @Test func inAQuietHourNothingWaits() {
        var pace = AppendPace(maxMilliseconds: 12)
        let now = self.pace(300, seconds: 2, &pace)
        #expect(pace.milliseconds == 0)
        #expect(pace.wait(now: now) <= 0)
    }

    @Test(arguments: [(800, 2), (2_000, 5), (4_000, 10), (40_000, 12)])
    func underLoadItGathersInProportionUpToTheMaximum(perSecond: Int, milliseconds: Int64) {
        var pace = AppendPace(maxMilliseconds: 12)
        let now = self.pace(perSecond, seconds: 2, &pace)
        #expect(abs(pace.milliseconds - milliseconds) <= 1)
        #expect(pace.wait(now: now) == pace.milliseconds)
        #expect(pace.wait(now: now + pace.milliseconds) == 0)
    }

    @Test func afterAPauseTheFirstRecordGoesAtOnceAndThePaceIsForgotten() {
        var pace = AppendPace(maxMilliseconds: 12)
        let now = self.pace(40_000, seconds: 1, &pace)
        #expect(pace.wait(now: now + 1_000) <= 0)
        pace.flushed(1, now: now + 1_000)
        #expect(pace.milliseconds == 0)
    }

    @Test func aMaximumOfNothingNeverWaits() {
        var pace = AppendPace(maxMilliseconds: 0)
        let now = self.pace(40_000, seconds: 1, &pace)
        #expect(pace.wait(now: now) == 0)
    }
}
