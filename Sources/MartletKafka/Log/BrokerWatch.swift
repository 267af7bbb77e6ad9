import MartletCore
import MartletIO
import Synchronization

/// Asks the brokers once a second who leads the topic's partitions, so that a process can say whether its log works
/// while nobody appends. Blocks a thread of the log's, and nobody else.
final class BrokerWatch: Sendable {
    static let everyMilliseconds: Int64 = 1_000
    /// What takes longer is no answer.
    static let timeoutMilliseconds: Int32 = 2_000

    private struct State {
        var dueAt: Int64 = 0
        var isAsking = false
        /// It was opened a moment ago, so it works until shown otherwise.
        var isWorking = true
    }

    private let control: ClientBox
    private let worker: SerialWorker
    private let state = Mutex(State())

    init(_ control: ClientBox, _ worker: SerialWorker) {
        self.control = control
        self.worker = worker
    }

    /// The brokers answered last time, and each partition had a leader.
    var isWorking: Bool { state.withLock { $0.isWorking } }

    func tick(_ now: Now) {
        let isDue = state.withLock { state in
            guard !state.isAsking, now.monotonic >= state.dueAt else { return false }
            state.isAsking = true
            state.dueAt = now.monotonic + Self.everyMilliseconds
            return true
        }
        guard isDue else { return }
        let outcome = worker.submit { [self] in answered(look()) }
        if outcome != .posted { answered(isWorking) }
    }

    private func look() -> Bool {
        guard let client = control.current,
            let layout = try? TopicLayout.read(client, Self.timeoutMilliseconds)
        else { return false }
        return layout.partitions.allSatisfy(\.hasLeader)
    }

    private func answered(_ isWorking: Bool) {
        let isNews = state.withLock { state in
            defer { state.isWorking = isWorking }
            state.isAsking = false
            return state.isWorking != isWorking
        }
        guard isNews else { return }
        if isWorking { return LogLines.logger.info("the brokers answer again") }
        LogLines.logger.warning("no broker answers, or a partition has no leader: senders have to wait")
    }
}
