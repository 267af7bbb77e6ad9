import MartletCore
import Synchronization

/// A presence store that keeps what it was told.
final class RecordedPresence: PresenceStore {
    private let store: any PresenceStore
    private let told = Mutex<[PresenceChange]>([])
    private let isAway = Mutex(false)
    private let hints = Hints()

    init(_ store: any PresenceStore) { self.store = store }

    /// Away: it refuses everything.
    func setAway(_ away: Bool) { isAway.withLock { $0 = away } }

    /// `online` and `offline` of one user, in the order in which the home said them.
    func changes(of user: Key) -> [String] {
        told.withLock { $0 }.compactMap { change in
            switch change {
            case .online(let row): row.user == user ? "online" : nil
            case .offline(let other, _, _, _, _): other == user ? "offline" : nil
            }
        }
    }

    /// What was said of one user's sessions that are there, in order.
    func rows(of user: Key) -> [PresenceRow] {
        told.withLock { $0 }.compactMap { if case .online(let row) = $0, row.user == user { row } else { nil } }
    }

    /// Waits until so much was said of the user; nil: it was not in ten seconds.
    func changes(of user: Key, count: Int) -> [String]? {
        hints.wait { changes(of: user).count >= count ? changes(of: user) : nil }
    }

    func apply(_ changes: [PresenceChange], in slot: Slot, done: @escaping @Sendable (PortError?) -> Void) {
        if isAway.withLock({ $0 }) { return done(.unavailable) }
        told.withLock { $0 += changes }
        store.apply(changes, in: slot) { [hints] error in
            done(error)
            hints.hint()
        }
    }

    func query(_ users: [Key], done: @escaping @Sendable (Result<[[PresenceRecord]], PortError>) -> Void) {
        if isAway.withLock({ $0 }) { return done(.failure(.unavailable)) }
        store.query(users, done: done)
    }
}
