import MartletCore

/// What the writer is asked to do.
enum WriteRequest: Sendable {
    case append(Slot, [[UInt8]], done: @Sendable ([AppendOutcome]) -> Void)
    case claim(Slot, Epoch, done: @Sendable (StepOutcome) -> Void)
    case step(StoreStep, done: @Sendable (StepOutcome) -> Void)
    case presence([PresenceChange], done: @Sendable (PortError?) -> Void)
    /// Rows of the cluster store, which keeps its state in memory.
    case cluster([RowChange], done: @Sendable (PortError?) -> Void)
    /// Retention and trimming, now.
    case housekeep(done: @Sendable () -> Void)
    /// Forgets what the mailbox store holds of a slot. For tests of the ports' contract.
    case emptyStore(Slot, done: @Sendable (PortError?) -> Void)

    /// About how much memory it holds.
    var cost: Int {
        switch self {
        case .append(_, let records, _): records.reduce(64) { $0 + $1.count + 32 }
        case .step(let step, _): step.operations.reduce(256 + 128 * step.state.count) { $0 + $1.cost }
        case .presence(let changes, _): 256 * changes.count
        case .cluster(let rows, _): rows.reduce(64) { $0 + $1.value.count + 64 }
        case .claim, .housekeep, .emptyStore: 64
        }
    }

    /// Answers that it was not done.
    func refuse(_ error: PortError) {
        switch self {
        case .append(_, let records, let done): done(records.map { _ in .failed(error) })
        case .claim(_, _, let done), .step(_, let done): done(.failed(error))
        case .presence(_, let done), .cluster(_, let done), .emptyStore(_, let done): done(error)
        case .housekeep(let done): done()
        }
    }
}

/// A row to put; an empty value removes it.
struct RowChange: Sendable {
    var key: [UInt8]
    var value: [UInt8]
}

extension MailboxOperation {
    fileprivate var cost: Int {
        if case .append(_, let entry) = self { return entry.cost + 128 }
        return 192
    }
}
