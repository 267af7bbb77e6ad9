import MartletCore
import MartletIO

/// Asks Kafka for the bounds of slots, all that wait at once, on a thread of its own.
final class BoundsWorker: Sendable {
    typealias Done = @Sendable (Result<LogBounds, PortError>) -> Void

    private struct Question: Sendable {
        let slot: Slot
        let done: Done
    }

    private let worker: BatchWorker<Question>

    init(_ control: ClientBox, _ configuration: KafkaConfiguration) throws(SocketError) {
        let timeout = configuration.requestTimeoutMilliseconds
        let complaint = Complaint()
        worker = try BatchWorker(name: "kafka-bounds", capacity: 65_536) { questions in
            let bounds = BoundsWorker.read(Set(questions.map(\.slot)).sorted(), control, timeout, complaint)
            for question in questions {
                question.done(bounds[question.slot].map { .success($0) } ?? .failure(.unavailable))
            }
        }
    }

    /// False: not taken.
    func ask(_ slot: Slot, done: @escaping Done) -> Bool { worker.submit(Question(slot: slot, done: done)) == .posted }

    func stop() { worker.stop() }

    /// Starts first: an end that is read later is never below them.
    private static func read(
        _ slots: [Slot], _ control: ClientBox, _ timeout: Int32, _ complaint: Complaint
    ) -> [Slot: LogBounds] {
        do throws(KafkaError) {
            guard let client = control.current else { return [:] }
            let starts = try client.offsets(of: slots, at: KafkaClient.earliest, timeout)
            let ends = try client.offsets(of: slots, at: KafkaClient.latest, timeout)
            var bounds: [Slot: LogBounds] = [:]
            for slot in slots {
                guard let start = starts[slot], let end = ends[slot], start >= 0, end >= start else { continue }
                bounds[slot] = LogBounds(start: start, end: end)
            }
            complaint.works()
            return bounds
        } catch {
            if complaint.fails(now: Clock.monotonicMilliseconds) {
                LogLines.logger.warning("the log's bounds are not known", [.reason: .string(error.description)])
            }
            return [:]
        }
    }
}
