import Testing

@testable import MartletCore

/// Rules 1 to 5, as its clients see them.
@Suite struct SlotDecisionTests {
    typealias S = SlotScenario

    private func ready() -> SlotScenario {
        var scenario = SlotScenario()
        scenario.becomeReady()
        scenario.attach()
        return scenario
    }

    private func accepted(_ n: UInt64, _ seq: Offset, isRetry: Bool = false) -> SendAnswer {
        .accepted(
            id: MessageID(100 + n), seq: seq, time: isRetry ? MessageID(100 + n).milliseconds : 500, isRetry: isRetry)
    }

    @Test func aSendIsAnsweredWhenItIsReadBack() {
        var scenario = ready()
        #expect(scenario.take(S.posted(1)).answers.isEmpty)
        let actions = scenario.readBack()
        guard case .accepted(MessageID(101), 1, _, false) = actions.answers.first else {
            Issue.record("\(actions.answers)")
            return
        }
        #expect(actions.entries.map(\.seq) == [1])
        #expect(actions.entries.first?.origin?.clientSequence == 1)
        #expect(actions.owed.map(\.m) == [1])
        #expect(actions.owed.first?.sourceOffset == 1)
    }

    @Test func aRecipientOfTheSameSlotGetsItsEntryAtOnce() {
        var scenario = ready()
        let actions = scenario.logs(.posted(S.posted(1, to: S.alma)))
        #expect(actions.entries.map(\.sourceSeq) == [0, 1])
        #expect(actions.entries.map(\.conversation.key) == [S.alma, S.alice])
        #expect(actions.owed.isEmpty)
    }

    /// Another slot may append before this one's owner has its first fence in the log. Offset 0 can be no seq.
    @Test func whatLandsAtOffsetZeroCountsOnlyWhenItComesAgain() {
        var scenario = SlotScenario()
        let incoming = Record.Body.incoming(
            S.posted(1, to: S.alice).incoming(from: Slot(2), at: 40, m: 1, time: 3))
        scenario.log.append(scenario.codec.encode(Record(epoch: 1, time: 500, body: incoming)))
        scenario.becomeReady()
        #expect(scenario.machine.pendingOperations(of: S.alice, above: -1).isEmpty)
        #expect(scenario.logs(incoming).entries.map(\.seq) == [2])
    }

    @Test func aMessageToOneselfIsOneEntry() {
        var scenario = ready()
        let actions = scenario.logs(.posted(S.posted(1, to: S.alice)))
        #expect(actions.entries.count == 1)
        #expect(actions.entries.first?.isOwnCopy == true)
    }

    @Test func theRecipientGetsTheTargetsSeqInItsOwnMailbox() {
        var scenario = ready()
        var posted = S.posted(1, to: S.alma)
        posted.content.target = Target(id: MessageID(9), seq: 70)
        posted.targetSeqAtRecipient = 60
        let actions = scenario.logs(.posted(posted))
        #expect(actions.entries.map(\.content.target?.seq) == [70, 60])
    }

    @Test func aRetryGetsTheFirstOutcome() {
        var scenario = ready()
        scenario.logs(.posted(S.posted(1)))
        scenario.logs(.rejected(Rejected(sender: S.phone, clientSequence: 2, code: .forbidden)))
        #expect(scenario.logs(.posted(S.posted(1, id: 900))).answers == [accepted(1, 1, isRetry: true)])
        #expect(scenario.logs(.posted(S.posted(2, id: 901))).answers == [.rejected(.forbidden)])
        #expect(scenario.take(S.posted(1, id: 902)).answers == [accepted(1, 1, isRetry: true)])
        #expect(scenario.take(S.posted(2, id: 903)).answers == [.rejected(.forbidden)])
        #expect(scenario.machine.counters.retries == 2)
    }

    @Test func aRetryFromBeforeTheWindowGetsNone() {
        var scenario = ready()
        for n: UInt64 in 1...5 { scenario.logs(.posted(S.posted(n))) }
        #expect(scenario.take(S.posted(1)).isEmpty)
        #expect(scenario.take(S.posted(2)).answers == [accepted(2, 2, isRetry: true)])
        #expect(scenario.logs(.posted(S.posted(1))).answers.isEmpty)
    }

    @Test func aGapIsDroppedAndHinted() {
        var scenario = ready()
        let actions = scenario.logs(.posted(S.posted(2)))
        #expect(actions.answers == [.outOfOrder(expected: 1)])
        #expect(actions.entries.isEmpty)
        #expect(scenario.machine.deviceState(S.phone)?.last == 0)
    }

    @Test func aPostedBelowTheFenceIsVoid() {
        var scenario = ready()
        let actions = scenario.logs(.posted(S.posted(1)), epoch: scenario.machine.epoch - 1)
        #expect(actions.answers.isEmpty)
        #expect(actions.entries.isEmpty)
        #expect(scenario.machine.counters.void == 1)
    }

    @Test func aRejectionIsARecordToo() {
        var scenario = ready()
        #expect(scenario.take(S.posted(1), rejection: .forbidden).answers.isEmpty)
        #expect(scenario.readBack().answers == [.rejected(.forbidden)])
        #expect(scenario.machine.deviceState(S.phone) == DeviceState(last: 1, outcomes: [.rejected(.forbidden)]))
    }

    @Test func incomingCountsInOrderAndOnce() {
        var scenario = ready()
        func incoming(_ m: UInt64) -> Record.Body {
            .incoming(S.posted(m, to: S.alice).incoming(from: Slot(2), at: 40 + Offset(m), m: m, time: 3))
        }
        #expect(scenario.logs(incoming(2)).entries.isEmpty)
        let first = scenario.logs(incoming(1))
        #expect(first.entries.map(\.sourceSeq) == [41])
        #expect(first.contains(.acknowledge(source: Slot(2), upTo: 1)))
        let again = scenario.logs(incoming(1))
        #expect(again.entries.isEmpty)
        #expect(again.contains(.acknowledge(source: Slot(2), upTo: 1)))
        #expect(scenario.machine.counters.incomingDropped == 2)
        scenario.logs(.incoming(S.posted(1).incoming(from: Slot(77), at: 1, m: 1, time: 3)))
        #expect(scenario.machine.counters.void == 1)
    }

    @Test func aForgottenDeviceBeginsAgain() {
        var scenario = ready()
        scenario.logs(.posted(S.posted(1)))
        scenario.logs(.forgotten(S.phone))
        #expect(scenario.machine.deviceState(S.phone) == DeviceState())
        #expect(scenario.logs(.posted(S.posted(1, id: 500))).entries.map(\.id) == [MessageID(500)])
    }

    @Test func aReadMarkIsToldAndStored() {
        var scenario = ready()
        let mark = ReadMark(user: S.alice, conversation: Peer(.user, S.bob), seq: 4)
        #expect(scenario.logs(.read(mark)).contains(.readDecided(mark, at: 1)))
        #expect(
            scenario.machine.pendingOperations(of: S.alice, above: 0)
                == [.read(user: S.alice, conversation: Peer(.user, S.bob), seq: 4, at: 1)])
    }

    @Test func sendsAreWrittenInOrder() {
        var scenario = ready()
        #expect(scenario.take(S.posted(1)).records.count == 1)
        #expect(scenario.take(S.posted(2)).records.count == 1)
        #expect(scenario.take(S.posted(1)).isEmpty, "it waits for the first")
        #expect(scenario.take(S.posted(4)).answers == [.outOfOrder(expected: 3)])
    }

    @Test func afterAFailedAppendTheNumbersAreFree() {
        var scenario = ready()
        let token = scenario.take(S.posted(1)).tokens[0]
        scenario.take(S.posted(2))
        let actions = scenario.input { $0.appended(token: token, .failed(.unavailable), now: $1, into: &$2) }
        #expect(actions.answers.count == 2)
        guard case .temporary(.unavailable, _) = actions.answers.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(scenario.take(S.posted(1)).records.count == 1)
    }

    @Test func afterAnUnknownAppendItWaitsForAWhile() {
        var scenario = ready()
        let token = scenario.take(S.posted(1)).tokens[0]
        #expect(scenario.input { $0.appended(token: token, .unknown, now: $1, into: &$2) }.isEmpty)
        #expect(scenario.take(S.posted(1)).isEmpty)
        let late = scenario.tick(after: S.tuning.writtenMilliseconds)
        #expect(late.answers.count == 1)
        #expect(scenario.take(S.posted(1)).records.count == 1)
    }

    @Test func aGapForgetsWhatWasWritten() {
        var scenario = ready()
        scenario.take(S.posted(1))
        scenario.take(S.posted(2))
        scenario.logs(.posted(S.posted(2)))
        #expect(scenario.take(S.posted(1)).records.count == 1)
    }

    @Test func tooMuchOwedIsBusyForThatSlotOnly() {
        var scenario = ready()
        for n: UInt64 in 1...3 { scenario.logs(.posted(S.posted(n))) }
        guard case .temporary(.busy, _)? = scenario.take(S.posted(4)).answers.first else {
            Issue.record("not busy")
            return
        }
        #expect(scenario.take(S.posted(4, to: S.alma)).records.count == 1)
    }

    @Test func whoIsNotReadyTakesNothing() {
        var scenario = SlotScenario()
        scenario.open()
        scenario.attach()
        guard case .temporary(.unavailable, _)? = scenario.take(S.posted(1)).answers.first else {
            Issue.record("taken")
            return
        }
        scenario.input { machine, now, actions in
            #expect(!machine.write(.forgotten(S.phone), now: now, into: &actions))
        }
        #expect(scenario.actions.isEmpty)
    }

    @Test func onlyChangesCanBeWritten() {
        var scenario = ready()
        scenario.input { machine, now, actions in
            #expect(
                machine.write(
                    .setting(Setting(user: S.alice, name: ByteString("a"), value: [])), now: now, into: &actions))
            #expect(!machine.write(.posted(S.posted(1)), now: now, into: &actions))
            #expect(!machine.write(.fence(Fence(rules: 1, worker: 0)), now: now, into: &actions))
        }
    }

    // MARK: Load

    /// A queue of seconds in the log: more sends would only make it longer.
    @Test func whereItsLogIsLateSendsGetBusyForAWhile() {
        var scenario = ready()
        scenario.milliseconds = 10_000
        let tuning = scenario.machine.tuning
        func late() -> Int64 { scenario.now.wall - tuning.busyMilliseconds }
        scenario.logs(.posted(S.posted(1, to: S.alma)), time: late())
        scenario.milliseconds += tuning.busyAfterMilliseconds
        scenario.logs(.posted(S.posted(2, to: S.alma)), time: late())
        let busy = SendAnswer.temporary(.busy, retryAfterMilliseconds: 1_000)
        #expect(scenario.take(S.posted(3)).answers == [busy])
        scenario.milliseconds += tuning.busyForMilliseconds
        #expect(scenario.take(S.posted(3)).records.count == 1, "it consumed no number")
        scenario.logs(.posted(S.posted(3)), time: late())
        #expect(scenario.take(S.posted(4)).records.count == 1, "what was late before is forgotten")
        scenario.milliseconds += tuning.busyAfterMilliseconds
        scenario.logs(.posted(S.posted(4)), time: late())
        #expect(scenario.take(S.posted(5)).answers == [busy], "late again, and for a while")
        scenario.logs(.posted(S.posted(5)), time: scenario.now.wall - 10)
        #expect(scenario.take(S.posted(6, to: S.alma)).records.count == 1, "one that came in time ends it")
    }

    /// A broker that died held them all up: they are late, and there is no queue.
    @Test func whatComesLateAllAtOnceIsNoLoad() {
        var scenario = ready()
        scenario.milliseconds = 10_000
        for n: UInt64 in 1...3 { scenario.logs(.posted(S.posted(n, to: S.alma)), time: 0) }
        #expect(scenario.take(S.posted(4)).records.count == 1)
    }

    /// What an earlier owner wrote spent its time elsewhere.
    @Test func recordsOfAnotherOwnerSayNothingOfTheLog() {
        var scenario = ready()
        scenario.milliseconds = 10_000
        scenario.logs(.posted(S.posted(1)), epoch: scenario.machine.epoch - 1, time: 0)
        #expect(scenario.take(S.posted(1)).records.count == 1)
    }
}
