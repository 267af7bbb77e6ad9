import Synchronization

/// Tells watchers that something changed: one call for all hints that come until it begins.
final class ClusterWatchers: Sendable {
    private struct State {
        var watchers: [@Sendable () -> Void] = []
        var isSubscribed = false
    }

    private let store: StoreClient
    private let channel: [UInt8]
    private let state = Mutex(State())
    private let isTelling = Atomic(false)

    init(_ store: StoreClient, channel: [UInt8]) {
        self.store = store
        self.channel = channel
    }

    func add(_ changed: @escaping @Sendable () -> Void) {
        let subscribes = state.withLock { state in
            state.watchers.append(changed)
            defer { state.isSubscribed = true }
            return !state.isSubscribed
        }
        // Whoever is subscribed anew may have missed something, so that is a hint too.
        if subscribes { store.client.subscribe(channel) { [self] _ in tell() } }
    }

    private func tell() {
        guard !isTelling.exchange(true, ordering: .acquiringAndReleasing) else { return }
        store.later { [self] in
            isTelling.store(false, ordering: .releasing)
            for watcher in state.withLock({ $0.watchers }) { watcher() }
        }
    }
}
