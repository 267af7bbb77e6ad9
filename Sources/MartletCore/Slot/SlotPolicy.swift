/// Rules that are switched off: only tests do that, to prove that they would notice. Each names what is done instead.
struct SlotPolicy: OptionSet, Sendable {
    let rawValue: UInt32

    /// Rules 1 and 2.
    static let decidesBelowFence = SlotPolicy(rawValue: 1 << 0)
    static let retriesCountAgain = SlotPolicy(rawValue: 1 << 1)
    static let gapsCount = SlotPolicy(rawValue: 1 << 2)
    static let answersBelowWindow = SlotPolicy(rawValue: 1 << 3)
    /// Rule 3.
    static let incomingGapsCount = SlotPolicy(rawValue: 1 << 4)
    static let incomingCountsAgain = SlotPolicy(rawValue: 1 << 5)
    /// Rule 4.
    static let answersBeforeFence = SlotPolicy(rawValue: 1 << 6)
    static let writesNoFence = SlotPolicy(rawValue: 1 << 7)
    static let fencesOnce = SlotPolicy(rawValue: 1 << 8)
    /// Rules 2 and 5.
    static let rejectsBeforeFence = SlotPolicy(rawValue: 1 << 9)
    static let rejectsUndecided = SlotPolicy(rawValue: 1 << 10)
    static let rejectsWithoutRecord = SlotPolicy(rawValue: 1 << 11)
    static let waitsForWrittenForever = SlotPolicy(rawValue: 1 << 12)
    /// Rule 6.
    static let reportAcknowledges = SlotPolicy(rawValue: 1 << 13)
    static let acknowledgesUndecided = SlotPolicy(rawValue: 1 << 14)
    /// Rule 7.
    static let storesStateAtOffset = SlotPolicy(rawValue: 1 << 15)
    static let neverLooks = SlotPolicy(rawValue: 1 << 16)
    static let storesAgain = SlotPolicy(rawValue: 1 << 17)
    /// Rule 8.
    static let installsLastCheckpoint = SlotPolicy(rawValue: 1 << 18)
    static let readsFromCheckpointRecord = SlotPolicy(rawValue: 1 << 19)
    static let installsStaleCheckpoint = SlotPolicy(rawValue: 1 << 20)
    static let readsOnAfterTrim = SlotPolicy(rawValue: 1 << 21)
    static let takesAnyDeviceState = SlotPolicy(rawValue: 1 << 22)
    /// Rule 9.
    static let trimsToOffset = SlotPolicy(rawValue: 1 << 23)
    static let checkpointsAllDecided = SlotPolicy(rawValue: 1 << 24)
}
