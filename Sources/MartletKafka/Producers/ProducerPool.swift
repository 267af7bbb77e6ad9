import MartletCore
import MartletIO
import Synchronization

/// The producers, each with its share of the slots, and what all of them together may have on their way.
final class ProducerPool: Sendable {
    let producers: [Producer]
    let budget: AppendBudget
    private let configuration: KafkaConfiguration
    private let lastLife: Atomic<UInt64>

    /// Blocks until every producer knows the topic, so that no record has to wait for that.
    init(_ configuration: KafkaConfiguration, brokers: Int) throws(KafkaError) {
        self.configuration = configuration
        budget = AppendBudget(
            maxRecords: configuration.maxRecordsInFlight, maxBytes: configuration.maxBytesInFlight)
        let share = max(1, configuration.partitionsPerProducer) * max(1, brokers)
        let count = (configuration.slotCount + share - 1) / share
        var producers: [Producer] = []
        for index in 0..<count {
            producers.append(Producer(index: index, try ProducerClient(life: UInt64(index + 1), configuration)))
        }
        lastLife = Atomic(UInt64(count))
        self.producers = producers
        for producer in producers {
            guard let client = producer.client?.client else { continue }
            _ = try TopicLayout.read(client, configuration.requestTimeoutMilliseconds)
        }
    }

    func producer(of slot: Slot) -> Producer { producers[slot.index % producers.count] }

    func makeClient() throws(KafkaError) -> ProducerClient {
        try ProducerClient(life: lastLife.add(1, ordering: .relaxed).newValue, configuration)
    }

    /// The call if it is answered already, to be answered on another thread.
    func append(
        _ records: [[UInt8]], to slot: Slot, done: @escaping @Sendable ([AppendOutcome]) -> Void
    ) -> AppendCall? {
        let bytes = records.reduce(0) { $0 + $1.count }
        guard records.count < RecordTag.maxRecords, budget.take(records: records.count, bytes: bytes) else {
            return ProducerPool.refuse(records, .unavailable, done)
        }
        return producer(of: slot).append(records, bytes: bytes, to: slot, done: done)
    }

    /// A call that failed before it began; it holds nothing of the budget.
    static func refuse(
        _ records: [[UInt8]], _ error: PortError, _ done: @escaping @Sendable ([AppendOutcome]) -> Void
    ) -> AppendCall {
        var call = AppendCall(life: refusedLife, records: records.count, bytes: 0, done: done)
        for index in records.indices { call.settle(index, .failed(error)) }
        return call
    }

    private static let refusedLife = UInt64.max

    func answer(_ calls: [AppendCall]) {
        for call in calls {
            if call.life != ProducerPool.refusedLife { budget.give(records: call.outcomes.count, bytes: call.bytes) }
            call.answer()
        }
    }
}
