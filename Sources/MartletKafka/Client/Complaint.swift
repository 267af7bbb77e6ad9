import Synchronization

/// Something that may fail for a moment, and is worth a warning when it goes on: a topic that was just made, or a
/// partition that changes its leader, fails a few times and then works.
final class Complaint: Sendable {
    private static let patienceMilliseconds: Int64 = 2_000
    private static let repeatMilliseconds: Int64 = 30_000

    /// Monotonic; nil: it worked last.
    private let dueAt = Mutex<Int64?>(nil)

    /// It failed; true: now is the time to say so.
    func fails(now: Int64) -> Bool {
        dueAt.withLock { due in
            guard let time = due else {
                due = now + Complaint.patienceMilliseconds
                return false
            }
            guard now >= time else { return false }
            due = now + Complaint.repeatMilliseconds
            return true
        }
    }

    func works() { dueAt.withLock { $0 = nil } }
}
