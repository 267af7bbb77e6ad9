public import MartletCore
import MartletIO
import Synchronization

/// The logs of all slots as partitions of one Kafka topic (design, sections 3 and 7).
///
/// Appends go from the caller's thread into one of a few idempotent producers; everything else happens on one loop that
/// librdkafka wakes by descriptor. Completions come on that loop's thread, or on one that asks for bounds.
public final class KafkaLog: LogPort {
    public let generation: UInt64
    let parts: KafkaParts
    let loop: EventLoop<KafkaHandler>
    private let lastReader = Atomic<UInt64>(0)
    private let isClosed = SharedFlag()

    /// Looks at the topic, which has to be there with as many partitions as there are slots, and warms up. Blocks for a
    /// second or so; throws if no broker answers.
    public static func open(_ configuration: KafkaConfiguration) throws(KafkaError) -> KafkaLog {
        let log = KafkaLog(try KafkaParts(configuration))
        do throws(SocketError) {
            log.parts.sender.attach(log.loop)
            try log.loop.start()
        } catch {
            throw .refused("\(error)")
        }
        return log
    }

    /// How many slots a cluster's topic was made for; `slotCount` of the configuration does not matter.
    public static func slotCount(_ configuration: KafkaConfiguration) throws(KafkaError) -> Int {
        try TopicDescription.read(configuration).replicas.count
    }

    private init(_ parts: KafkaParts) {
        self.parts = parts
        generation = parts.identity.generation
        var settings = LoopConfiguration()
        settings.tickMilliseconds = KafkaLog.tickMilliseconds
        loop = EventLoop(name: "kafka", configuration: settings) { KafkaHandler(parts) }
    }

    /// What an append that fails may wait for being told so.
    private static let tickMilliseconds: UInt64 = 20

    /// The brokers answer, and each slot's partition has a leader: as of a second ago, or three. On any thread.
    public var isWorking: Bool { refusal == nil && parts.watch.isWorking }

    /// Why nothing can be done, if so.
    private var refusal: PortError? { isClosed.isSet ? .closed : parts.identity.error }

    public func append(_ records: [[UInt8]], to slot: Slot, done: @escaping @Sendable ([AppendOutcome]) -> Void) {
        let refusal = slot.index < parts.configuration.slotCount ? refusal : .corrupt("there is no slot \(slot)")
        let call =
            refusal.map { ProducerPool.refuse(records, $0, done) }
            ?? parts.pool.append(records, to: slot, done: done)
        guard let call else { return }
        parts.sender.post(.refused(call)) { [pool = parts.pool] in pool.answer([call]) }
    }

    public func bounds(of slot: Slot, done: @escaping @Sendable (Result<LogBounds, PortError>) -> Void) {
        if let refusal { return KafkaSender.later { done(.failure(refusal)) } }
        if !parts.bounds.ask(slot, done: done) { KafkaSender.later { done(.failure(.closed)) } }
    }

    public func reader(of slot: Slot, from offset: Offset) -> any LogReader {
        let id = ReaderID(rawValue: lastReader.add(1, ordering: .relaxed).newValue)
        return KafkaLogReader(id: id, slot: slot, from: offset, parts.sender)
    }

    /// Removed is what is also older than `logRetentionMilliseconds`, once in a while, if Kafka lets us.
    public func allowTrim(of slot: Slot, before offset: Offset) {
        parts.sender.post(.allowTrim(slot, before: offset)) {}
    }

    /// Removes at once what was allowed and is older than `retentionMilliseconds`.
    func trimNow(retentionMilliseconds: Int64, done: @escaping @Sendable () -> Void) {
        parts.sender.post(.trimNow(retentionMilliseconds: retentionMilliseconds, done: done), otherwise: done)
    }

    // MARK: - Ending

    /// Takes no more, waits for what is on its way for at most `flushMilliseconds`, ends all readers and lets go of
    /// everything; a client that does not end is left behind after a while, so this cannot hang. Not on a thread that
    /// completions come on.
    public func close() {
        guard !isClosed.isSet else { return }
        isClosed.set()
        flush()
        loop.stop()
        parts.sender.detach()
        _ = parts.firstConsumer.take()
        if let client = parts.control.take() { endWorkers(client) }
        if !Burial.shared.wait(milliseconds: KafkaLog.burialMilliseconds) {
            LogLines.logger.error("a client of librdkafka does not end; it is left behind")
        }
    }

    private static let burialMilliseconds: Int64 = 8_000

    private func flush() {
        let deadline = Clock.monotonicMilliseconds + Int64(parts.configuration.flushMilliseconds)
        let clients = parts.pool.producers.compactMap(\.client)
        for client in clients where !client.flush(left(until: deadline)) { client.purge() }
        for client in clients { _ = client.flush(KafkaLog.purgeMilliseconds) }
    }

    private static let purgeMilliseconds: Int32 = 500

    private func left(until deadline: Int64) -> Int32 {
        Int32(clamping: max(0, deadline - Clock.monotonicMilliseconds))
    }

    /// Their last requests have time-outs.
    private func endWorkers(_ client: KafkaClient) {
        parts.bounds.stop()
        parts.admin.stop()
        Burial.shared.bury(client)
    }
}
