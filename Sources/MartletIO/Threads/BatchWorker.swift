internal import Synchronization

/// A thread that takes whatever has been submitted since it last looked, as one batch, in order.
///
/// For work that blocks and is cheaper by the batch, such as a database's group commit: while one batch is on its way
/// to the disk the next one gathers. Bounded; nobody who submits waits.
public final class BatchWorker<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let condition = Condition()
    private let capacity: Int
    private let process: @Sendable ([Item]) -> Void
    private let thread = Mutex<NamedThread?>(nil)

    /// `capacity` counts items that wait. `process` runs on the worker's thread only.
    public init(
        name: String, capacity: Int = 1 << 20, process: @escaping @Sendable ([Item]) -> Void
    ) throws(SocketError) {
        self.capacity = capacity
        self.process = process
        let thread = try NamedThread(name: name) { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    /// From any thread. `full` and `ended` take nothing.
    @discardableResult
    public func submit(_ item: Item) -> PostOutcome {
        condition.lock()
        defer { condition.unlock() }
        let outcome = state.withLock { state in
            if state.hasEnded { return PostOutcome.ended }
            guard state.items.count < capacity else { return .full }
            state.items.append(item)
            return .posted
        }
        if outcome == .posted { condition.signal() }
        return outcome
    }

    /// Items that wait, without those that are being processed.
    public var waiting: Int { state.withLock { $0.items.count } }

    /// Takes no more, processes what was submitted, and waits for the thread's end. Not on the worker's own thread.
    public func stop() { end(dropping: false) }

    /// Takes no more, drops what waits, and waits for the end of the batch at hand. For fault tests.
    public func kill() { end(dropping: true) }

    private func end(dropping: Bool) {
        condition.lock()
        state.withLock { state in
            state.hasEnded = true
            if dropping { state.items = [] }
        }
        condition.broadcast()
        condition.unlock()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        while let batch = next() { process(batch) }
    }

    /// Waits for items; nil when there will be none.
    private func next() -> [Item]? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            let (batch, hasEnded) = state.withLock { state in
                var batch: [Item] = []
                swap(&batch, &state.items)
                return (batch, state.hasEnded)
            }
            if !batch.isEmpty { return batch }
            if hasEnded { return nil }
            condition.wait()
        }
    }
}
