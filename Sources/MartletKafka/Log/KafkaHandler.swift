import MartletCore
import MartletIO

/// The log's loop: takes delivery reports and fetched records when their queues wake it.
final class KafkaHandler: LoopHandler {
    typealias Message = KafkaMessage

    private let parts: KafkaParts
    private var readers: SlotReaders?
    private var lives: ProducerLives?
    private var trimming: Trimming
    private var held: LoopIO?
    private var knowsReplacement = false

    init(_ parts: KafkaParts) {
        self.parts = parts
        trimming = Trimming(parts.configuration)
    }

    private var io: LoopIO { held! }

    func started(_ io: LoopIO) {
        held = io
        let bounds = parts.bounds, sender = parts.sender
        readers = SlotReaders(
            parts.configuration, first: parts.firstConsumer.take(),
            watch: { queue throws(SocketError) in try io.watch(queue.wake.descriptor) },
            askBounds: { slot, id in
                _ = bounds.ask(slot) { result in sender.post(.bounds(id, result)) {} }
            })
        lives = ProducerLives(parts.pool)
    }

    func messages(_ batch: inout [KafkaMessage]) {
        let now = io.now
        refuseReaders()
        lives?.drainIfDue(now)
        for message in batch {
            switch message {
            case .next(let id, let slot, let offset, let desk):
                readers?.next(id, slot, from: offset, desk, now: now)
            case .cancel(let id): readers?.cancel(id)
            case .bounds(let id, let result): readers?.answered(id, result, now: now)
            case .refused(let call): parts.pool.answer([call])
            case .allowTrim(let slot, let offset): trimming.allow(slot, before: offset)
            case .trimNow(let retention, let done): trim(retention, done)
            case .closeReaders(let done):
                readers?.close()
                done()
            }
        }
    }

    /// Once another log has this one's name, what is still fetched is not passed on.
    private func refuseReaders() {
        guard !knowsReplacement, let error = parts.identity.error else { return }
        knowsReplacement = true
        readers?.refuse(error)
    }

    func readable(_ watch: WatchID) {
        refuseReaders()
        lives?.drainIfDue(io.now)
        readers?.readable(watch, now: io.now)
    }

    func ticked(_ now: Now) {
        refuseReaders()
        readers?.tick(now)
        lives?.tick(now)
        if trimming.isDue(now) { trim(parts.configuration.logRetentionMilliseconds) {} }
        parts.identity.tick(now)
        parts.watch.tick(now)
    }

    private func trim(_ retentionMilliseconds: Int64, _ done: @escaping @Sendable () -> Void) {
        parts.trimmer.trim(trimming.take(io.now), retentionMilliseconds: retentionMilliseconds, done: done)
    }

    func stopping() {
        readers?.close()
        lives?.close(io.now)
        readers = nil
        lives = nil
    }

    func willFlush() {}
    func accepted(_ stream: StreamID, listener: Int) {}
    func connected(_ stream: StreamID, token: UInt64) {}
    func connectFailed(token: UInt64, error: Int32) {}
    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int { bytes.byteCount }
    func drained(_ stream: StreamID) {}
    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {}
}
