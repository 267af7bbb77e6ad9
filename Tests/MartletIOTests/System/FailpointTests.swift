import Testing

@testable import MartletIO

/// A failpoint ends the process when its place is passed for the N-th time, and at no other.
struct FailpointTests {
    @Test func unarmedThereIsNone() throws {
        #expect(try Failpoint.armed(at: Failpoint.beforeAccepted) == nil)
    }

    @Test(arguments: ["", "place", "place=", "place=0", "place=-1", "place=x", "other=1", "place=1=2"])
    func whatNoPlaceUnderstandsIsRefused(text: String) {
        #expect(throws: FailpointError.self) { try Failpoint(parsing: text, at: "place") }
    }

    @Test func theFirstPassesLeaveItAlive() throws {
        let failpoint = try Failpoint(parsing: "place=3", at: "place")
        failpoint.pass("one")
        failpoint.pass("two")
    }

    @Test func theLastPassKills() async {
        await #expect(processExitsWith: .signal(9)) {
            let failpoint = try Failpoint(parsing: "place=2", at: "place")
            failpoint.pass("one")
            failpoint.pass("two")
        }
    }
}
