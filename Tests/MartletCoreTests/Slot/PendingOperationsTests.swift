import Testing

@testable import MartletCore

@Suite struct PendingOperationsTests {
    private let alice = Key(trusted: [97]), bob = Key(trusted: [98])

    private func operation(_ seq: Offset, of user: Key? = nil) -> MailboxOperation {
        .receipted(user: user ?? alice, seq: seq)
    }

    private func seqs(_ operations: [MailboxOperation]) -> [Offset] {
        operations.map { if case .receipted(_, let seq) = $0 { seq } else { -1 } }
    }

    /// Offsets 10, 11, 11, 12: two operations of one record stay together.
    private func filled() -> PendingOperations {
        var pending = PendingOperations()
        for (seq, offset) in [(1, 10), (2, 11), (3, 11), (4, 12)] {
            pending.append(operation(Offset(seq)), at: Offset(offset))
        }
        return pending
    }

    @Test func aStepGetsWhatThereIs() {
        var pending = filled()
        let (operations, offset) = pending.give(100, decided: 15)
        #expect(seqs(operations) == [1, 2, 3, 4])
        #expect(offset == 15)
        #expect(pending.count == 4, "until it is known to be stored")
        pending.removeFirst(4)
        #expect(pending.isEmpty)
    }

    @Test func theOperationsOfOneRecordStayTogether() {
        var pending = filled()
        let (operations, offset) = pending.give(2, decided: 15)
        #expect(seqs(operations) == [1, 2, 3])
        #expect(offset == 11)
        pending.removeFirst(3)
        #expect(seqs(pending.give(2, decided: 15).operations) == [4])
    }

    @Test func aStepThatFailedIsGivenAgainWithWhatCameMeanwhile() {
        var pending = filled()
        _ = pending.give(100, decided: 12)
        pending.append(operation(5), at: 13)
        pending.add(operation(6), decided: 13)
        #expect(pending.count == 6)
        #expect(seqs(pending.give(4, decided: 13).operations) == [1, 2, 3, 4])
        #expect(seqs(pending.give(100, decided: 13).operations) == [1, 2, 3, 4, 5, 6])
        #expect(seqs(pending.give(1, decided: 13).operations) == [1])
        pending.removeFirst(1)
        #expect(seqs(pending.give(100, decided: 13).operations) == [2, 3, 4, 5, 6])
    }

    @Test func moreOrLessThanAStepCanBeStored() {
        var pending = filled()
        _ = pending.give(1, decided: 12)
        pending.removeFirst(3)
        #expect(seqs(pending.give(100, decided: 12).operations) == [4])
        pending = filled()
        _ = pending.give(100, decided: 12)
        pending.removeFirst(2)
        #expect(seqs(pending.give(100, decided: 12).operations) == [3, 4])
    }

    @Test func whatTheLogBroughtGoesAndTheRestStays() {
        var pending = filled()
        pending.add(operation(5), decided: 11)
        _ = pending.give(2, decided: 12)
        pending.removeFromLog(upTo: 11)
        #expect(seqs(pending.give(100, decided: 12).operations) == [4, 5])
    }

    @Test func aUsersOperationsAreFoundOnBothSides() {
        var pending = filled()
        pending.append(operation(5, of: bob), at: 13)
        pending.add(operation(6), decided: 13)
        _ = pending.give(2, decided: 13)
        #expect(seqs(pending.operations(of: alice, above: 10)) == [2, 3, 4, 6])
        #expect(seqs(pending.operations(of: alice, above: 13)) == [6], "what no record brought always counts")
        #expect(seqs(pending.operations(of: bob, above: -1)) == [5])
    }
}
