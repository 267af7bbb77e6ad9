import Dispatch
import MartletCore
import Synchronization

/// The ports for checks: one call, one answer.
extension LogPort {
    func append(_ records: [[UInt8]], to slot: Slot) async -> [AppendOutcome] {
        await withCheckedContinuation { wait in append(records, to: slot) { wait.resume(returning: $0) } }
    }

    /// Records whose only content is their number.
    @discardableResult
    func append(numbers: Range<Int>, to slot: Slot) async -> [AppendOutcome] {
        await append(numbers.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }, to: slot)
    }

    func bounds(of slot: Slot) async throws -> LogBounds {
        try await withCheckedContinuation { wait in bounds(of: slot) { wait.resume(returning: $0) } }.get()
    }

    /// Reads from `offset` until `count` records are there.
    func records(of slot: Slot, from offset: Offset, count: Int) async throws -> [LoggedRecord] {
        let reader = reader(of: slot, from: offset)
        var records: [LoggedRecord] = []
        while records.count < count {
            guard case .records(let more, _) = await reader.next() else {
                throw ConformanceFailure(description: "a read of slot \(slot) failed after \(records.count) records")
            }
            records += more
        }
        reader.cancel()
        return records
    }
}

extension LogReader {
    /// A reader waits for ever for a record that is not written; a check that waits for one fails after five minutes.
    func next(maxRecords: Int = 1_000, maxBytes: Int = 1 << 20) async -> LogRead {
        await withCheckedContinuation { wait in
            let answer = Answer(wait)
            next(maxRecords: maxRecords, maxBytes: maxBytes) { answer.give($0) }
            DispatchQueue.global().asyncAfter(deadline: .now() + 300) { answer.give(.failed(.unavailable)) }
        }
    }
}

/// The first of several answers.
private final class Answer: Sendable {
    private let wait: Mutex<CheckedContinuation<LogRead, Never>?>

    init(_ wait: CheckedContinuation<LogRead, Never>) { self.wait = Mutex(wait) }

    func give(_ read: LogRead) { wait.withLock { $0.take() }?.resume(returning: read) }
}

extension MailboxStore {
    func head(of slot: Slot) async throws -> StoredSlot {
        try await withCheckedContinuation { wait in head(of: slot) { wait.resume(returning: $0) } }.get()
    }

    func claim(_ slot: Slot, epoch: Epoch) async -> StepOutcome {
        await withCheckedContinuation { wait in claim(slot, epoch: epoch) { wait.resume(returning: $0) } }
    }

    func apply(_ step: StoreStep) async -> StepOutcome {
        await withCheckedContinuation { wait in apply(step) { wait.resume(returning: $0) } }
    }

    func read(_ query: MailboxQuery, in slot: Slot) async throws -> MailboxAnswer {
        try await withCheckedContinuation { wait in read(query, in: slot) { wait.resume(returning: $0) } }.get()
    }
}

extension PresenceStore {
    func apply(_ changes: [PresenceChange], in slot: Slot) async throws {
        let error = await withCheckedContinuation { wait in
            apply(changes, in: slot) { wait.resume(returning: $0) }
        }
        if let error { throw error }
    }

    func query(_ users: [Key]) async throws -> [[PresenceRecord]] {
        try await withCheckedContinuation { wait in query(users) { wait.resume(returning: $0) } }.get()
    }
}

extension ClusterStore {
    func register(_ node: NodeRegistration) async -> Result<NodeRow, RegistrationError> {
        await withCheckedContinuation { wait in register(node) { wait.resume(returning: $0) } }
    }

    func renew(_ node: NodeRegistration) async -> LeaseOutcome {
        await withCheckedContinuation { wait in
            renew(node.id, incarnation: node.incarnation) { wait.resume(returning: $0) }
        }
    }

    func leave(_ node: NodeRegistration) async throws {
        try await throwing { leave(node.id, incarnation: node.incarnation, done: $0) }
    }

    func reportDead(_ node: NodeRegistration) async throws {
        try await throwing { reportDead(node.id, incarnation: node.incarnation, done: $0) }
    }

    func report(_ reports: [SlotReport], from node: NodeRegistration) async throws {
        try await throwing { report(reports, from: node.id, incarnation: node.incarnation, done: $0) }
    }

    func setDraining(_ node: NodeID, _ draining: Bool) async throws -> Bool {
        try await withCheckedContinuation { wait in setDraining(node, draining) { wait.resume(returning: $0) } }.get()
    }

    func lead(_ candidate: String, ttlMilliseconds: Int64) async throws -> Leadership {
        try await withCheckedContinuation { wait in
            lead(candidate, ttlMilliseconds: ttlMilliseconds) { wait.resume(returning: $0) }
        }.get()
    }

    func resign(_ candidate: String) async throws { try await throwing { resign(candidate, done: $0) } }

    func snapshot() async throws -> ClusterSnapshot {
        try await withCheckedContinuation { wait in snapshot { wait.resume(returning: $0) } }.get()
    }

    func publish(_ map: ClusterMap, term: UInt64) async throws -> Bool {
        try await withCheckedContinuation { wait in publish(map, term: term) { wait.resume(returning: $0) } }.get()
    }

    func map() async throws -> ClusterMap? {
        try await withCheckedContinuation { wait in map { wait.resume(returning: $0) } }.get()
    }

    private func throwing(_ call: (@escaping @Sendable (PortError?) -> Void) -> Void) async throws {
        let error = await withCheckedContinuation { wait in call { wait.resume(returning: $0) } }
        if let error { throw error }
    }
}
