import Testing

@testable import MartletKafka

@Suite struct ComplaintTests {
    @Test func whatFailsForAMomentIsNotSaid() {
        let complaint = Complaint()
        #expect([0, 50, 1_999].map { complaint.fails(now: $0) } == [false, false, false])
        complaint.works()
        #expect([2_000, 3_000].map { complaint.fails(now: $0) } == [false, false])
    }

    @Test func whatGoesOnIsSaidOnceInAWhile() {
        let complaint = Complaint()
        let times: [Int64] = [0, 2_000, 2_001, 31_999, 32_000, 32_001]
        #expect(times.map { complaint.fails(now: $0) } == [false, true, false, false, true, false])
    }
}
