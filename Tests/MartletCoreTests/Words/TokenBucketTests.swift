import MartletCore
import Testing

private func at(_ milliseconds: Int64) -> Now { Now(wall: 0, monotonic: milliseconds) }

@Suite("A token bucket admits a rate on average and a burst at once")
struct TokenBucketTests {
    @Test("A burst passes, the next one is told when to come, and then passes")
    func burst() {
        var bucket = TokenBucket(burst: 20, now: at(1_000))
        for _ in 0..<20 { #expect(bucket.take(rate: 10, burst: 20, now: at(1_000)) == 0) }
        #expect(bucket.take(rate: 10, burst: 20, now: at(1_000)) == 100)
        #expect(bucket.take(rate: 10, burst: 20, now: at(1_099)) == 1)
        #expect(bucket.take(rate: 10, burst: 20, now: at(1_100)) == 0)
    }

    @Test("Over a minute of asking every millisecond exactly burst + rate × time pass")
    func rate() {
        var bucket = TokenBucket(burst: 20, now: at(0))
        let passed = (0...60_000).count { bucket.take(rate: 10, burst: 20, now: at(Int64($0))) == 0 }
        #expect(passed == 20 + 600)
    }

    @Test("A slow rate does not round to zero")
    func slow() {
        var bucket = TokenBucket(burst: 1, now: at(0))
        #expect(bucket.take(rate: 1, burst: 1, now: at(0)) == 0)
        for time in Int64(1)..<1_000 { #expect(bucket.take(rate: 1, burst: 1, now: at(time)) == 1_000 - time) }
        #expect(bucket.take(rate: 1, burst: 1, now: at(1_000)) == 0)
    }

    @Test("A long silence fills it to the burst and no further, also across the turn of its clock")
    func silence() {
        let turn = Int64(UInt32.max)
        var bucket = TokenBucket(burst: 5, now: at(turn - 10))
        for _ in 0..<5 { #expect(bucket.take(rate: 10, burst: 5, now: at(turn - 10)) == 0) }
        #expect(bucket.take(rate: 10, burst: 5, now: at(turn + 90)) == 0)
        #expect(bucket.take(rate: 10, burst: 5, now: at(turn + 90)) == 100)
        let passed = (0..<10).count { _ in bucket.take(rate: 10, burst: 5, now: at(turn + 3_600_000)) == 0 }
        #expect(passed == 5)
    }

    @Test("Rate 0 admits the burst and then nothing")
    func zero() {
        var bucket = TokenBucket(burst: 1, now: at(0))
        #expect(bucket.take(rate: 0, burst: 1, now: at(0)) == 0)
        #expect(bucket.take(rate: 0, burst: 1, now: at(1_000_000)) > 0)
    }
}
