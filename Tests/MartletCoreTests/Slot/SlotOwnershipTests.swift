import Testing

@testable import MartletCore

/// Rules 4 and 6 to 9: starting, storing, sending on, giving up.
@Suite struct SlotOwnershipTests {
    typealias S = SlotScenario

    private func ready(_ prepare: (inout SlotScenario) -> Void = { _ in }) -> SlotScenario {
        var scenario = SlotScenario()
        prepare(&scenario)
        scenario.becomeReady()
        scenario.attach()
        return scenario
    }

    // MARK: Starting

    @Test func theStartInOrder() {
        var s = SlotScenario()
        #expect(s.input { $0.start(mapEpoch: 4, worker: 7, now: $1, into: &$2) } == [.open])
        let found = (StoredSlot(epoch: 6, fence: 8), LogBounds(start: 0, end: 0))
        #expect(s.input { $0.opened(.success(found), now: $1, into: &$2) } == [.claim(9)])
        #expect(s.input { $0.claimed(.applied, now: $1, into: &$2) } == [.open])
        let again = (StoredSlot(epoch: 9, fence: 8), LogBounds(start: 0, end: 0))
        let actions = s.input { $0.opened(.success(again), now: $1, into: &$2) }
        #expect(actions.first == .readLog(from: 0))
        #expect(actions.records.map(\.body) == [.fence(Fence(rules: 1, worker: 7))])
        #expect(!s.machine.isReady)
        #expect(s.readBack().contains(.ready(9)))
        #expect(s.machine.isReady)
    }

    @Test func aFenceInTheLogRaisesTheEpoch() {
        var s = SlotScenario()
        s.log = [s.codec.encode(Record(epoch: 40, time: 0, body: .fence(Fence(rules: 1, worker: 1))))]
        s.open()
        #expect(s.actions.contains(.claim(41)))
        #expect(s.input { $0.claimed(.applied, now: $1, into: &$2) }.records.first?.epoch == 41)
    }

    /// A log begins with a fence; one of an epoch that the machine's first is above.
    private func fence(_ scenario: SlotScenario) -> [UInt8] {
        scenario.codec.encode(Record(epoch: 0, time: 0, body: .fence(Fence(rules: 1, worker: 1))))
    }

    @Test func whatWasDecidedBeforeIsNotAnsweredAgain() {
        var s = SlotScenario()
        let record = Record(epoch: 1, time: 0, body: .posted(S.posted(1)))
        s.log = [fence(s), s.codec.encode(record)]
        s.open()
        #expect(s.actions.contains(.loadDevices([S.phone])))
        let actions = s.input { $0.devicesLoaded(forwarded: -1, [(S.phone, nil)], now: $1, into: &$2) }
        #expect(actions.answers.isEmpty && actions.entries.isEmpty)
        #expect(actions.owed.map(\.m) == [1])
        // The step of the fence is under way; the next one brings the entry.
        #expect(s.stepped().steps.first?.operations.count == 1)
    }

    @Test func whatTheStoreHoldsIsNotStoredAgain() {
        var s = SlotScenario()
        s.log = (1...3).map { s.codec.encode(Record(epoch: 1, time: 0, body: .posted(S.posted(UInt64($0))))) }
        s.open(stored: StoredSlot(epoch: 1, offset: 1, forwarded: 0))
        let state = DeviceState(last: 1, outcomes: [.accepted(id: MessageID(101), seq: 0)])
        let actions = s.input { $0.devicesLoaded(forwarded: 0, [(S.phone, state)], now: $1, into: &$2) }
        #expect(actions.owed.map(\.m) == [1, 2])
        #expect(actions.steps.first?.operations.count == 1)
        #expect(actions.steps.first?.expectedOffset == 1)
    }

    @Test func aDeviceStateFromBehindWhatIsDecidedIsNotTaken() {
        var s = SlotScenario()
        s.log = [fence(s), s.codec.encode(Record(epoch: 1, time: 0, body: .posted(S.posted(1))))]
        s.open()
        #expect(s.input { $0.devicesLoaded(forwarded: 5, [(S.phone, nil)], now: $1, into: &$2) }.stop == .restart)
    }

    @Test func aFailedLoadIsTriedAgain() {
        var s = ready()
        let other = DeviceKey(user: S.alice, device: DeviceID(trusted: [65]))
        #expect(s.logs(.posted(S.posted(1, from: other))).contains(.loadDevices([other])))
        s.machine.devicesNotLoaded(.unavailable, now: s.now)
        #expect(s.logs(.posted(S.posted(1))).entries.isEmpty, "in order")
        #expect(s.tick(after: 100).contains(.loadDevices([other])))
        let actions = s.input { $0.devicesLoaded(forwarded: -1, [(other, nil)], now: $1, into: &$2) }
        #expect(actions.entries.map(\.seq) == [1, 2])
    }

    @Test func failuresOfAStartAreTriedAgain() {
        var s = SlotScenario()
        s.input { $0.start(mapEpoch: 0, worker: 7, now: $1, into: &$2) }
        #expect(s.input { $0.opened(.failure(.unavailable), now: $1, into: &$2) }.isEmpty)
        #expect(s.tick(after: 1).isEmpty)
        #expect(s.tick(after: 100) == [.open])
        s.input { $0.opened(.success((StoredSlot(), LogBounds(start: 0, end: 0))), now: $1, into: &$2) }
        #expect(s.input { $0.claimed(.failed(.unavailable), now: $1, into: &$2) }.isEmpty)
        #expect(s.tick(after: 100) == [.claim(1)])
        #expect(s.input { $0.claimed(.deposed(by: 3), now: $1, into: &$2) }.stop == .deposed(by: 3))
    }

    @Test func aLostFenceGoesAgain() {
        var s = SlotScenario()
        s.open()
        let token = s.actions.tokens[0]
        #expect(s.tick(after: 10).records.isEmpty)
        #expect(s.tick(after: S.tuning.fenceMilliseconds).records.count == 1)
        s.input { $0.appended(token: token, .failed(.unavailable), now: $1, into: &$2) }
        #expect(s.tick(after: S.tuning.retryMilliseconds).records.count == 1)
    }

    @Test func aStoreThatIsAheadOfItsLogIsUnusable() {
        var s = SlotScenario()
        s.open(stored: StoredSlot(epoch: 1, offset: 10, forwarded: 10))
        guard case .unusable = s.actions.stop else {
            Issue.record("\(s.actions)")
            return
        }
    }

    // MARK: Giving up

    @Test func aHigherFenceDeposes() {
        var s = ready()
        #expect(s.logs(.fence(Fence(rules: 1, worker: 1)), epoch: 9).stop == .deposed(by: 9))
        #expect(s.logs(.posted(S.posted(1))).isEmpty)
        #expect(s.take(S.posted(1)).records.isEmpty)
        #expect(s.tick(after: 10_000).isEmpty)
    }

    @Test func unknownRulesAndKindsGiveTheSlotUp() {
        var s = ready()
        #expect(s.logs(.fence(Fence(rules: 2, worker: 1))).stop == .cannotUnderstand(kind: 8, offset: 1))
        s = ready()
        var bytes = s.codec.encode(Record(epoch: 1, time: 0, body: .forgotten(S.phone)))
        bytes[2] = 99
        #expect(s.logs(bytes: bytes).stop == .cannotUnderstand(kind: 99, offset: 1))
    }

    @Test func garbageIsCountedAndSkipped() {
        var s = ready()
        s.logs(bytes: [])
        s.logs(bytes: [1, 2, 3])
        s.logs(bytes: RecordCodec(generation: 2).encode(Record(epoch: 1, time: 0, body: .posted(S.posted(1)))))
        #expect(s.machine.counters.garbage == 2)
        #expect(s.machine.counters.void == 1)
        #expect(s.machine.decidedOffset == 3)
    }

    @Test func aTrimmedRecordIsNeverSkipped() {
        var s = ready()
        #expect(s.input { $0.read(.trimmed(start: 50), now: $1, into: &$2) }.stop == .restart)
        s = ready()
        let record = LoggedRecord(offset: 9, bytes: [])
        #expect(s.input { $0.read(.records([record], end: 10), now: $1, into: &$2) }.stop == .restart)
    }

    @Test func aReleaseStoresWhatIsDecidedAndStops() {
        var s = ready()
        s.stepped()
        s.logs(.posted(S.posted(1, to: S.alma)))
        let release = s.input { $0.release(now: $1, into: &$2) }
        #expect(release.stop == nil)
        #expect(!s.machine.isReady)
        // Neither taken nor answered: its edge says it again to the next owner.
        let taken = s.take(S.posted(2))
        #expect(taken.answers.isEmpty && taken.records.isEmpty)
        let last = s.stepped()
        #expect(last.stop == .released || last.steps.count == 1 && s.stepped().stop == .released)
        #expect(s.machine.storedOffset == s.machine.decidedOffset)
    }

    // MARK: Storing

    @Test func aStepMovesForwardedOnlyOverWhatIsAcknowledged() {
        var s = ready()
        s.stepped()
        let step = s.logs(.posted(S.posted(1))).steps[0]
        #expect((step.expectedOffset, step.offset) == (0, 1))
        #expect(step.forwarded == 0)
        #expect(step.state.isEmpty)
        s.stepped()
        let next = s.input { $0.acknowledged(by: Slot(1), upTo: 1, now: $1, into: &$2) }.steps[0]
        #expect((next.offset, next.forwarded) == (1, 1))
        #expect(next.operations.isEmpty)
        let state = DeviceState(last: 1, outcomes: [.accepted(id: MessageID(101), seq: 1)])
        #expect(next.state == [.outgoing(to: Slot(1), 1), .device(S.phone, state)])
    }

    @Test func stateIsAsOfForwardedAndEachKeyOnce() {
        var s = ready()
        s.stepped()
        s.logs(.posted(S.posted(1, to: S.alma)))
        s.logs(.posted(S.posted(2, to: S.alma)))
        s.logs(.posted(S.posted(3)))
        let step = s.stepped().steps[0]
        #expect((step.offset, step.forwarded) == (3, 2))
        guard case .device(S.phone, let state)? = step.state.first else {
            Issue.record("\(step.state)")
            return
        }
        #expect(step.state.count == 1)
        #expect(state.last == 2 && state.outcomes.count == 2)
    }

    @Test func whatIsPendingCanBeSeen() {
        var s = ready()
        s.stepped()
        s.logs(.posted(S.posted(1, to: S.alma)))
        s.input {
            $0.add(operations: [.cursor(user: S.alice, device: S.phone.device, seq: 1, seen: 0)], now: $1, into: &$2)
        }
        #expect(s.machine.pendingOperations(of: S.alice, above: 0).count == 2)
        #expect(s.machine.pendingOperations(of: S.alice, above: 1).count == 1, "the cursor may not be stored yet")
        #expect(s.machine.pendingOperations(of: S.alma, above: 0).count == 1)
        s.stepped()
        s.stepped()
        #expect(s.machine.pendingOperations(of: S.alice, above: 0).isEmpty)
    }

    @Test func outcomesOfAStep() {
        func inFlight() -> SlotScenario {
            var s = ready()
            s.stepped()
            s.logs(.posted(S.posted(1)))
            return s
        }
        var s = inFlight()
        #expect(s.stepped(.deposed(by: 7)).stop == .deposed(by: 7))
        s = inFlight()
        #expect(s.stepped(.deposed(by: 0)).stop == .restart)
        s = inFlight()
        #expect(s.stepped(.unexpected(offset: -1, forwarded: -1)).stop == .restart)
        s = inFlight()
        #expect(s.stepped(.unexpected(offset: 99, forwarded: 0)).stop == .restart)
        s = inFlight()
        #expect(s.stepped(.unexpected(offset: 1, forwarded: 0)).stop == nil)
        #expect(s.machine.storedOffset == 1)
        #expect(s.machine.pendingOperations(of: S.alice, above: -1).isEmpty)
        s = inFlight()
        #expect(s.stepped(.failed(.unavailable)).isEmpty)
        #expect(s.logs(.posted(S.posted(2))).answers.count == 1, "decisions go on")
        #expect(s.tick(after: 100).steps.first?.operations.count == 2)
    }

    @Test func gatheredStepsGoAtOnceForWhoWaits() {
        var tuning = S.tuning
        tuning.stepMilliseconds = 1_000
        var s = SlotScenario(tuning: tuning)
        s.becomeReady()
        s.attach()
        #expect(s.logs(.posted(S.posted(1))).steps.isEmpty)
        let offset = s.machine.decidedOffset
        let step = s.input { $0.storeSoon(upTo: offset, now: $1, into: &$2) }.steps.first
        #expect(step?.offset == offset)
        // What comes meanwhile is gathered again.
        #expect(s.logs(.posted(S.posted(2))).steps.isEmpty)
        #expect(s.stepped().steps.isEmpty)
        #expect(s.tick(after: 1).steps.isEmpty)
        #expect(s.tick(after: 1_000).steps.first?.operations.count == 1)
    }

    @Test func anUnknownStepIsLookedAfter() {
        var s = ready()
        s.stepped()
        s.logs(.posted(S.posted(1)))
        #expect(s.stepped(.unknown) == [.open])
        #expect(s.logs(.posted(S.posted(2))).steps.isEmpty)
        let landed = (StoredSlot(epoch: s.machine.epoch, offset: 1, forwarded: 0), LogBounds(start: 0, end: 3))
        let actions = s.input { $0.opened(.success(landed), now: $1, into: &$2) }
        #expect(actions.steps.first?.expectedOffset == 1)
        #expect(actions.steps.first?.operations.count == 1)
    }

    @Test func aQuietOwnerLooks() {
        var s = ready()
        s.stepped()
        s.stepped()
        let step = s.tick(after: S.tuning.lookMilliseconds).steps.first
        #expect(step?.operations.isEmpty == true)
        #expect(step?.offset == step?.expectedOffset)
    }

    @Test func withoutAStoreItGoesOnWithinABound() {
        var tuning = S.tuning
        tuning.operationsWaiting = 3
        var s = SlotScenario(tuning: tuning)
        s.becomeReady()
        s.attach()
        for n: UInt64 in 1...2 { s.logs(.posted(S.posted(n, to: S.alma))) }
        #expect(s.machine.wantsRecords)
        guard case .temporary(.unavailable, _)? = s.take(S.posted(3)).answers.first else {
            Issue.record("taken")
            return
        }
        s.logs(.posted(S.posted(3, to: S.alma)))
        #expect(!s.machine.wantsRecords)
    }

    // MARK: Sending on

    @Test func owedRecordsGoAgainUntilTheyAreAcknowledged() {
        var s = ready()
        let token = s.logs(.posted(S.posted(1))).tokens[0]
        s.input { $0.appended(token: token, .written(7), now: $1, into: &$2) }
        #expect(s.tick(after: S.tuning.resendMilliseconds).owed.map(\.m) == [1])
        #expect(s.tick(after: S.tuning.resendMilliseconds).owed.isEmpty, "twice as long")
        #expect(s.tick(after: S.tuning.resendMilliseconds).owed.map(\.m) == [1])
        s.input { $0.acknowledged(by: Slot(1), upTo: 1, now: $1, into: &$2) }
        #expect(s.tick(after: 100_000).owed.isEmpty)
    }

    @Test func acknowledgementsGoOnceMore() {
        var s = ready()
        s.logs(.incoming(S.posted(1, to: S.alice).incoming(from: Slot(2), at: 4, m: 1, time: 3)))
        let told = SlotAction.acknowledge(source: Slot(2), upTo: 1)
        #expect(s.tick(after: S.tuning.acknowledgeMilliseconds).contains(told))
        #expect(!s.tick(after: S.tuning.acknowledgeMilliseconds).contains(told), "and not for ever")
        // The source, which was not told, sends again.
        let again = s.logs(.incoming(S.posted(1, to: S.alice).incoming(from: Slot(2), at: 4, m: 1, time: 3)))
        #expect(again.contains(told))
    }

    // MARK: Checkpoints

    @Test func aCheckpointIsWrittenInPartsAndAllowsTrimming() {
        var tuning = S.tuning
        tuning.checkpointRecords = 2
        tuning.checkpointRowsPerPart = 1
        var s = SlotScenario(tuning: tuning)
        s.becomeReady()
        s.attach()
        s.stepped()
        for n: UInt64 in 1...3 { s.logs(.posted(S.posted(n, to: S.alma))) }
        s.stepped()
        s.stepped()
        #expect(s.tick(after: 1).contains(.readCheckpoint))
        let rows: [CheckpointRow] = [.state(.fence(1, rules: 1)), .mailbox(user: S.alice, head: 3, floor: -1)]
        let forwarded = s.machine.storedForwarded
        s.input { $0.checkpointRows(.success((forwarded, rows)), now: $1, into: &$2) }
        #expect(s.actions.records.count == 2)
        s.readBack()
        let all = s.stepped() + s.tick(after: 5_000)
        #expect(all.contains(.allowTrim(before: 4)))
    }

    @Test func anEmptiedStoreStartsFromTheOldestUsableCheckpoint() {
        var s = SlotScenario()
        func checkpoint(_ p: Offset, _ count: UInt64) {
            let rows: [CheckpointRow] = [
                .state(.outgoing(to: Slot(1), count)), .mailbox(user: S.alice, head: p, floor: -1),
            ]
            let parts = (0..<2).map { CheckpointPart(position: p, part: UInt32($0), parts: 2, rows: [rows[$0]]) }
            for part in parts { s.log.append(s.codec.encode(Record(epoch: 1, time: 0, body: .checkpoint(part)))) }
        }
        s.log = Array(repeating: [], count: 10)
        checkpoint(3, 30)  // its p is before the log's start
        checkpoint(9, 90)  // usable, but not the oldest
        checkpoint(5, 50)
        s.open(logStart: 5)
        let step = s.actions.steps.first
        #expect(step?.installsCheckpoint == true)
        #expect(step?.offset == 5)
        #expect(step?.forwarded == 5)
        #expect(step?.operations == [.trimmed(user: S.alice, head: 5, floor: 5)])
        #expect(s.stepped().contains(.readLog(from: 6)))
        #expect(s.machine.counters.installed == 1)
    }

    @Test func withoutAUsableCheckpointItSaysSo() {
        var s = SlotScenario()
        s.log = Array(repeating: [], count: 5)
        s.open(logStart: 3)
        guard case .unusable = s.actions.stop else {
            Issue.record("\(s.actions)")
            return
        }
    }

    // MARK: Memory

    @Test func aDeviceLeavesMemoryWhenTheStoreHasIt() {
        var s = ready()
        s.stepped()
        s.logs(.posted(S.posted(1, to: S.alma)))
        s.machine.forgetDevice(S.phone)
        #expect(s.machine.deviceState(S.phone) != nil)
        s.stepped()
        s.stepped()
        #expect(s.machine.deviceState(S.phone) == nil)
        s.input { machine, now, actions in
            let isTaken = machine.deviceAttached(S.phone, nil, asOfForwarded: 0, now: now, into: &actions)
            #expect(!isTaken, "read before the device's last change was stored")
        }
    }
}
