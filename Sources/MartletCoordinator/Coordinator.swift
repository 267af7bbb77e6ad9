public import MartletCore
import Synchronization

/// Carries out what the coordinator machine decides, on a cluster store. It has no thread and no timer of its own.
///
/// Everything runs where `post` runs it (an event loop, a queue; one closure after the other). The store's answers and
/// hints may come on any thread and are posted there.
public final class Coordinator: Sendable {
    public typealias Post = @Sendable (@escaping @Sendable () -> Void) -> Void

    private struct State: Sendable {
        var machine: CoordinatorMachine
        var isRunning = false
        var isWatching = false
        /// A hint is posted and has not run yet: further ones add nothing.
        var isHintPosted = false
    }

    private let store: any ClusterStore
    private let post: Post
    private let note: @Sendable (CoordinatorEvent) -> Void
    /// Uncontended where `post` keeps its word; it is what lets `status` be asked from anywhere.
    private let state: Mutex<State>

    /// - Parameters:
    ///   - id: unique among the cluster's coordinators; a restarted one should have another, or it takes its old lease.
    ///   - note: is told what an operator may want to know, where `post` runs.
    public init(
        id: String, store: any ClusterStore, configuration: CoordinatorConfiguration = CoordinatorConfiguration(),
        post: @escaping Post, note: @escaping @Sendable (CoordinatorEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.post = post
        self.note = note
        state = Mutex(State(machine: CoordinatorMachine(id: id, configuration: configuration)))
    }

    /// Who leads, as the store said last; nil while it does not answer. On any thread.
    public var leadership: Leadership? { state.withLock { $0.machine.leadership } }
    /// Whether it leads itself. On any thread.
    public var leads: Bool { state.withLock { $0.isRunning && $0.machine.leads } }

    /// Begins to take part; the first round comes with the first tick.
    public func start() {
        let watchNow = state.withLock { state in
            state.isRunning = true
            defer { state.isWatching = true }
            return !state.isWatching
        }
        guard watchNow else { return }
        store.watch { [weak self] in self?.storeChanged() }
    }

    /// Stops at once: answers under way are ignored. If it leads it gives its lease back, so that another may lead at
    /// once; `resigned` is told, once, on any thread, when the store has answered, or at once if it was not running.
    public func stop(resigned: @escaping @Sendable () -> Void = {}) {
        let (wasRunning, id) = state.withLock { state in
            defer { state.isRunning = false }
            return (state.isRunning, state.machine.id)
        }
        guard wasRunning else { return resigned() }
        // Also where it does not know that it leads: the answer may be under way.
        store.resign(id) { _ in resigned() }
    }

    /// Time has come to `now`. Call it several times a second, where `post` runs.
    public func tick(now: Now) { run { $0.tick(now) } }
}

extension Coordinator {
    private func storeChanged() {
        let postNow = state.withLock { state in
            defer { state.isHintPosted = true }
            return !state.isHintPosted
        }
        guard postNow else { return }
        post { [weak self] in
            self?.state.withLock { $0.isHintPosted = false }
            self?.run { $0.hint() }
        }
    }

    /// One input into the machine, and what it asks for.
    private func run(_ input: (inout CoordinatorMachine) -> [CoordinatorMachine.Action]) {
        let actions = state.withLock { $0.isRunning ? input(&$0.machine) : [] }
        for action in actions { perform(action) }
    }

    private func answer(_ input: @escaping @Sendable (inout CoordinatorMachine) -> [CoordinatorMachine.Action]) {
        post { [weak self] in self?.run(input) }
    }

    private func perform(_ action: CoordinatorMachine.Action) {
        switch action {
        case .lead(let candidate, let ttl):
            store.lead(candidate, ttlMilliseconds: ttl) { [weak self] result in self?.answer { $0.led(result) } }
        case .readSnapshot:
            store.snapshot { [weak self] result in self?.answer { $0.read(result) } }
        case .publish(let map, let term):
            store.publish(map, term: term) { [weak self] result in self?.answer { $0.published(result) } }
        case .note(let event):
            note(event)
        }
    }
}
