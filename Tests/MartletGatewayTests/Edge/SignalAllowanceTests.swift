import MartletCore
import MartletIO
import MartletProtocol
import Synchronization
import Testing

@testable import MartletGateway

/// Signals are limited per user and edge, whatever connections they come by.
@Suite(.serialized) struct SignalAllowanceTests {
    private let limit = RateLimit(rate: 10, burst: 20)

    private func now(_ milliseconds: Int64) -> Now { Now(wall: 0, monotonic: milliseconds) }

    private func admitted(_ allowance: SignalAllowance, of tries: Int, at milliseconds: Int64) -> Int {
        (0..<tries).count { _ in allowance.take(limit, now: now(milliseconds)) }
    }

    @Test func theBurstAndThenTheRate() {
        let allowance = SignalAllowance()
        #expect(admitted(allowance, of: 50, at: 5_000) == 20)
        #expect(admitted(allowance, of: 50, at: 5_099) == 0)
        #expect(admitted(allowance, of: 50, at: 5_100) == 1)
        #expect(admitted(allowance, of: 50, at: 6_100) == 10)
        #expect(admitted(allowance, of: 50, at: 1 << 40) == 20, "no more than the burst is saved up")
    }

    @Test func threadsShareOneAllowance() async {
        let allowance = SignalAllowance()
        let limit = limit
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<1_000).count { _ in allowance.take(limit, now: Now(wall: 0, monotonic: 7)) } }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 20)
    }

    @Test func itLastsAsLongAsASessionHoldsIt() {
        let (allowances, alice) = (SignalAllowances(), Key("alice")!)
        let first = allowances.enter(alice)
        #expect(allowances.enter(alice) === first && allowances.enter(Key("bob")!) !== first)
        allowances.leave(alice)
        #expect(allowances.enter(alice) === first)
        for _ in 0..<5 { allowances.leave(alice) }
        #expect(allowances.count == 1)
        #expect(allowances.enter(alice) !== first)
    }

    /// Two connections of one user, by each way that a signal takes: the short one, and over a link.
    @Test(arguments: [FrameEncoding.proto, .json], [0, 1])
    func twoConnectionsHaveNoMoreThanOne(encoding: FrameEncoding, home: Int) throws {
        let cluster = try TestCluster(nodes: 2, loops: 2, owners: [home]) {
            $0.freeRate = RateLimit(rate: 1, burst: 20)
        }
        let reader = try cluster.client("reader", at: 0).client
        let writers = try ["a", "b"].map { try cluster.client("writer", at: 0, device: $0, encoding: encoding).client }
        for writer in writers {
            for place in 0..<40 { writer.signal("\(place)", to: "reader") }
            _ = writer.untilPong(ref: 1)
        }
        // What they gave is on its way, and so is another one's, which comes behind it.
        let other = try cluster.client("other", at: 0, encoding: encoding).client
        var count = 0
        while true {
            other.signal("end", to: "reader")
            var ended = false
            for frame in reader.untilPong(ref: 2) {
                guard case .signal(let signal) = frame else { continue }
                if signal.from == Key("other")! { ended = true } else { count += 1 }
            }
            if ended { break }
            guard !reader.hasEnded else { break }
        }
        // A second may pass, and gives one more.
        #expect((20...24).contains(count), "\(count) signals of a burst of 20")
        #expect(cluster.metrics.droppedSignals.current >= 56)
    }
}
