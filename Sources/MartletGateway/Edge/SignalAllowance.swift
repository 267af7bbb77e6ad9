import MartletCore
import Synchronization

/// How many signals one user may still give at this node: shared by all sessions of the user here, whatever loops they
/// are on, so that more connections buy no more signals.
///
/// The generic cell rate algorithm: one number, the time at which all that was admitted would have been given at the
/// allowed pace. Without a lock: signals take the shortest way through a node.
final class SignalAllowance: Sendable {
    /// Monotonic microseconds.
    private let paidUntil = Atomic<Int64>(0)

    /// Whether one more may go. The limit is that of the session's tier.
    func take(_ limit: RateLimit, now: Now) -> Bool {
        let (microseconds, cost) = (now.monotonic * 1_000, 1_000_000 / Int64(max(limit.rate, 1)))
        var seen = paidUntil.load(ordering: .relaxed)
        while true {
            let next = max(seen, microseconds) + cost
            guard next - microseconds <= cost * Int64(limit.burst) else { return false }
            let (exchanged, original) = paidUntil.compareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return true }
            seen = original
        }
    }
}

/// The allowances of the users who have given signals here, and how many of their sessions hold each.
final class SignalAllowances: Sendable {
    private struct Shared {
        let allowance = SignalAllowance()
        var sessions = 0
    }

    private let users = Mutex<[Key: Shared]>([:])

    /// For one more session of the user; `leave` gives it back.
    func enter(_ user: Key) -> SignalAllowance {
        users.withLock { users in
            users[user, default: Shared()].sessions += 1
            return users[user]!.allowance
        }
    }

    func leave(_ user: Key) {
        users.withLock { users in
            guard let sessions = users[user]?.sessions else { return }
            if sessions > 1 { users[user]!.sessions -= 1 } else { users[user] = nil }
        }
    }

    var count: Int { users.withLock { $0.count } }
}
