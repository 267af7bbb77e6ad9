import MartletCore
import MartletIO
import Synchronization

/// Sees to it that the topic is still the one that the log was opened on.
///
/// A topic of the same name with another generation is another log: its offsets mean nothing to those who hold some of
/// this one. Everything is refused then, until the process starts again.
final class Identity: Sendable {
    let generation: UInt64
    private let control: ClientBox
    private let configuration: KafkaConfiguration
    private let worker: SerialWorker
    private let isReplaced = SharedFlag()
    private let dueAt: Mutex<Int64>

    init(_ generation: UInt64, _ control: ClientBox, _ configuration: KafkaConfiguration, _ worker: SerialWorker) {
        self.generation = generation
        self.control = control
        self.configuration = configuration
        self.worker = worker
        dueAt = Mutex(Clock.monotonicMilliseconds + configuration.identityMilliseconds)
    }

    /// Nil: all is well.
    var error: PortError? { isReplaced.isSet ? .corrupt("the topic \(configuration.topic) was replaced") : nil }

    func tick(_ now: Now) {
        let isDue = dueAt.withLock { due in
            guard now.monotonic >= due else { return false }
            due = now.monotonic + configuration.identityMilliseconds
            return true
        }
        if isDue { look() }
    }

    func look(done: @escaping @Sendable () -> Void = {}) {
        let outcome = worker.submit { [self] in
            compare()
            done()
        }
        if outcome != .posted { done() }
    }

    /// Only another generation counts: a broker that does not answer proves nothing.
    private func compare() {
        guard let client = control.current, !isReplaced.isSet,
            let values = try? AdminClient(client, configuration).settings(of: configuration.topic),
            values[LogGeneration.settingName].flatMap(LogGeneration.parse) != generation
        else { return }
        isReplaced.set()
        LogLines.logger.error("the log was replaced: start again", [.name: .string(configuration.topic)])
    }
}
