import MartletCore
import MartletIO

/// Gathers what the slots of a loop append, so that each target log gets one call a tick, and under load one for the
/// records of some milliseconds.
final class AppendBatches {
    private struct Batch {
        var records: [[UInt8]] = []
        var origins: [Origin] = []
    }

    /// Which runtime waits for the outcome of a record.
    private struct Origin {
        var slot: Slot
        var instance: UInt64
        var token: UInt64
    }

    /// About what comes for one log in one turn under load.
    private static let reserved = 6

    private unowned let loop: GatewayLoop
    /// By target slot; those in `touched` have records.
    private var batches: [Batch] = []
    private var touched: [Int] = []
    private var count = 0
    private var pace: AppendPace

    init(loop: GatewayLoop) {
        self.loop = loop
        pace = AppendPace(maxMilliseconds: loop.node.configuration.appendGatherMilliseconds)
    }

    func add(_ record: Record, to target: Slot, _ token: UInt64, from runtime: SlotRuntime) {
        if batches.count <= target.index {
            batches += Array(repeating: Batch(), count: target.index + 1 - batches.count)
        }
        if batches[target.index].records.isEmpty {
            touched.append(target.index)
            batches[target.index].records.reserveCapacity(Self.reserved)
            batches[target.index].origins.reserveCapacity(Self.reserved)
        }
        batches[target.index].records.append(
            RecordCodec(generation: loop.node.engine.log.generation).encode(record))
        batches[target.index].origins.append(
            Origin(slot: runtime.slot, instance: runtime.instance, token: token))
        count += 1
    }

    /// Hands over what has waited for long enough.
    func flushIfDue() {
        guard count > 0 else { return }
        let wait = pace.wait(now: loop.io.now.monotonic)
        if wait > 0 { loop.io.goRound(within: wait) } else { flush() }
    }

    func flush() {
        pace.flushed(count, now: loop.io.now.monotonic)
        count = 0
        for index in touched {
            let batch = batches[index]
            batches[index] = Batch()
            append(batch, to: Slot(index))
        }
        touched.removeAll(keepingCapacity: true)
    }

    private func append(_ batch: Batch, to target: Slot) {
        let (sender, origins) = (loop.sender, batch.origins)
        loop.node.engine.log.append(batch.records, to: target) { outcomes in
            // Nobody waits for a success: what is written is read back.
            if outcomes.allSatisfy(\.isWritten) { return }
            // Runs of one runtime go back together.
            var start = 0
            while start < origins.count {
                let end = origins[start...].firstIndex { $0.instance != origins[start].instance } ?? origins.count
                sender.postAlways(
                    .completion(
                        origins[start].slot, instance: origins[start].instance,
                        .appended(
                            tokens: origins[start..<end].map(\.token), outcomes: Array(outcomes[start..<end]))))
                start = end
            }
        }
    }
}
