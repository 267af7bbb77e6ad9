@testable import MartletCore
import Testing

/// Takes rules away, one at a time: the random histories must break. A rule without which nothing breaks is not one.
@Suite struct SlotMutantTests {
    struct Rule: CustomTestStringConvertible, Sendable {
        let name: String
        let mutant: Mutant
        /// Found within this many histories, with room to spare.
        var histories = 400
        var testDescription: String { name }
    }

    static let needed: [Rule] = [
        Rule(name: "n <= last is new", mutant: Mutant(policy: .retriesCountAgain)),
        Rule(name: "n > last + 1 counts", mutant: Mutant(policy: .gapsCount)),
        Rule(name: "a retry from before the window is answered", mutant: Mutant(policy: .answersBelowWindow)),
        Rule(name: "m > incoming + 1 counts", mutant: Mutant(policy: .incomingGapsCount)),
        Rule(name: "m <= incoming counts again", mutant: Mutant(policy: .incomingCountsAgain)),
        Rule(name: "a lost fence is not sent again", mutant: Mutant(policy: .fencesOnce)),
        Rule(name: "rejected before the fence is read back", mutant: Mutant(policy: .rejectsBeforeFence)),
        Rule(name: "rejected when its record is sent", mutant: Mutant(policy: .rejectsUndecided)),
        Rule(name: "rejected without a record", mutant: Mutant(policy: .rejectsWithoutRecord, device: .renumbers)),
        Rule(name: "what was written is waited for without end", mutant: Mutant(policy: .waitsForWrittenForever)),
        Rule(name: "a producer's report acknowledges", mutant: Mutant(policy: .reportAcknowledges)),
        Rule(name: "what was seen is acknowledged", mutant: Mutant(policy: .acknowledgesUndecided)),
        Rule(name: "decision state is stored as of offset", mutant: Mutant(policy: .storesStateAtOffset)),
        Rule(name: "a quiet owner never looks", mutant: Mutant(policy: .neverLooks)),
        Rule(name: "what is stored is stored again", mutant: Mutant(policy: .storesAgain)),
        Rule(name: "steps compare nothing", mutant: Mutant(store: .comparesNothing)),
        Rule(name: "steps do not compare forwarded", mutant: Mutant(store: .ignoresForwarded)),
        Rule(name: "starts from the last checkpoint", mutant: Mutant(policy: .installsLastCheckpoint)),
        Rule(name: "reads on from the checkpoint's place", mutant: Mutant(policy: .readsFromCheckpointRecord)),
        Rule(name: "starts from a stale checkpoint", mutant: Mutant(policy: .installsStaleCheckpoint)),
        Rule(name: "reads on after a trim", mutant: Mutant(policy: .readsOnAfterTrim, trimsOften: true)),
        Rule(name: "takes a device's state as of any offset", mutant: Mutant(policy: .takesAnyDeviceState)),
        Rule(name: "trims past forwarded", mutant: Mutant(policy: .trimsToOffset)),
        Rule(name: "a checkpoint of all that is decided", mutant: Mutant(policy: .checkpointsAllDecided)),
        Rule(name: "a reconnect takes all as accepted", mutant: Mutant(device: .takesAllAsAccepted)),
    ]

    /// Safety does not rest on these (design, section 3, rule 4): every promise is a function of the log. They make
    /// zombies stop, bar old rules, and spare work.
    static let notNeeded: [Rule] = [
        Rule(name: "a posted below the fence is decided", mutant: Mutant(policy: .decidesBelowFence), histories: 8),
        Rule(name: "answers before its fence is read", mutant: Mutant(policy: .answersBeforeFence), histories: 8),
        Rule(name: "writes no fence", mutant: Mutant(policy: .writesNoFence), histories: 8),
        Rule(name: "steps do not compare the epoch", mutant: Mutant(store: .ignoresEpoch), histories: 8),
    ]

    @Test(arguments: notNeeded) func noPromiseRestsOnIt(rule: Rule) async {
        let broken = await firstBroken(rule)
        #expect(broken == nil, "\(rule.name): \(broken?.what ?? "")")
    }

    @Test(arguments: needed) func aRuleTakenAwayBreaksAPromise(rule: Rule) async {
        let broken = await firstBroken(rule)
        if let broken { print("\(rule.name): history \(broken.history + 1), \(broken.what)".prefix(160)) }
        #expect(broken != nil, "\(rule.name): nothing broke in \(rule.histories) histories")
    }

    private func firstBroken(_ rule: Rule) async -> (history: Int, what: String)? {
        for history in 0..<rule.histories {
            // As in `SlotHistoryTests`.
            await Task.yield()
            if let broken = HistoryResult(seed: history, mutant: rule.mutant).broken { return (history, broken) }
        }
        return nil
    }
}
