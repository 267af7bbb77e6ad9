import MartletCore

/// The logs of all slots on the engine's database.
final class EmbeddedLog: LogPort {
    let generation: UInt64
    private let context: EngineContext

    init(_ context: EngineContext, generation: UInt64) {
        self.context = context
        self.generation = generation
    }

    func append(_ records: [[UInt8]], to slot: Slot, done: @escaping @Sendable ([AppendOutcome]) -> Void) {
        context.queue.submit(.append(slot, records, done: done))
    }

    func bounds(of slot: Slot, done: @escaping @Sendable (Result<LogBounds, PortError>) -> Void) {
        context.pool.submit { [tail = context.tails[slot.index]] in done(.success(tail.bounds)) }
    }

    func reader(of slot: Slot, from offset: Offset) -> any LogReader {
        EmbeddedLogReader(context.tails[slot.index], from: offset, pool: context.pool, gate: context.gate)
    }

    func allowTrim(of slot: Slot, before offset: Offset) { context.tails[slot.index].allowTrim(before: offset) }
}
