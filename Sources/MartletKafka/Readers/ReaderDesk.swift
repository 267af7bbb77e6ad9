import MartletCore
import Synchronization

/// Where a reader's `next` lies until the loop takes it up. A loop that waits for records anyway looks here when they
/// come: to wake it for each request costs as much as to read the record.
final class ReaderDesk: Sendable {
    private struct State {
        var request: ReadRequest?
        /// The loop looks here with the next record, or when the reading ends.
        var isWatched = false
    }

    private let state = Mutex(State())

    /// False: the loop has to be told.
    func put(_ request: ReadRequest) -> Bool {
        state.withLock { state in
            state.request = request
            return state.isWatched
        }
    }

    /// Takes what lies here; afterwards the loop wants to be told.
    func take() -> ReadRequest? {
        state.withLock { state in
            state.isWatched = false
            return state.request.take()
        }
    }

    /// The loop will look here by itself, if nothing lies here yet.
    func watch() {
        state.withLock { $0.isWatched = $0.request == nil }
    }
}
