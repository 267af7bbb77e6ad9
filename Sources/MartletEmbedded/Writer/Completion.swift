import MartletCore

/// An answer that waits for the round's end.
enum Completion {
    case append(@Sendable ([AppendOutcome]) -> Void, [AppendOutcome])
    case step(@Sendable (StepOutcome) -> Void, StepOutcome)
    case plain(@Sendable (PortError?) -> Void)
    case housekeeping(@Sendable () -> Void)

    /// The round was written.
    func finish() {
        switch self {
        case .append(let done, let outcomes): done(outcomes)
        case .step(let done, let outcome): done(outcome)
        case .plain(let done): done(nil)
        case .housekeeping(let done): done()
        }
    }

    /// Whether the round was written is not known: neither is then anything that was decided on its way.
    func finishUnknown() {
        switch self {
        case .append(let done, let outcomes): done(outcomes.map { $0.unlessFailed })
        case .step(let done, .failed(let error)): done(.failed(error))
        case .step(let done, _): done(.unknown)
        case .plain(let done): done(.unavailable)
        case .housekeeping(let done): done()
        }
    }
}

extension AppendOutcome {
    fileprivate var unlessFailed: AppendOutcome {
        if case .failed = self { return self }
        return .unknown
    }
}
