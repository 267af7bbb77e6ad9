import MartletCore
import MartletIO

/// The clients of the producers on their loop: their reports, their deaths, and who comes after them.
final class ProducerLives {
    /// How long a client that failed for good may take to report what it had.
    private static let lastReportsMilliseconds: Int64 = 1_000
    /// Events of one client before other events get their turn.
    private static let eventsPerWake = 64

    private struct Life {
        let producer: Producer
        let client: ProducerClient
        let watch: WatchID
        /// Monotonic; nil: it is in use.
        var endsAt: Int64?
    }

    private let pool: ProducerPool
    private let io: LoopIO
    private var lives: [Life] = []
    /// Producers without a client.
    private var waiting: [Producer] = []

    init(_ pool: ProducerPool, _ io: LoopIO) {
        self.pool = pool
        self.io = io
        for producer in pool.producers {
            if let client = producer.client { begin(producer, client) }
        }
    }

    /// A client's descriptor is readable.
    func readable(_ watch: WatchID) {
        guard let life = lives.first(where: { $0.watch == watch }) else { return }
        life.client.queue.wake.clear()
        if drain(life) { life.client.queue.wake.wake() }
    }

    func tick(_ now: Now) {
        for life in lives { _ = drain(life) }
        for life in lives where life.endsAt.map({ isOver(life, $0, now) }) ?? false { end(life) }
        let producers = waiting
        waiting = []
        for producer in producers { renew(producer) }
    }

    /// All calls get their answer: what is not known yet stays unknown.
    func close() {
        for life in lives {
            while drain(life) {}
            _ = life.producer.retire(life: life.client.life)
            end(life)
        }
        waiting = []
    }

    private func begin(_ producer: Producer, _ client: ProducerClient) {
        guard let watch = try? io.watch(client.queue.wake.descriptor) else { return waiting.append(producer) }
        lives.append(Life(producer: producer, client: client, watch: watch))
    }

    /// True: there is more.
    private func drain(_ life: Life) -> Bool {
        for _ in 0..<ProducerLives.eventsPerWake {
            guard let event = life.client.nextEvent() else { return false }
            switch event {
            case .reports(let reports): pool.answer(life.producer.settle(reports))
            case .fatal(let reason): fail(life, reason)
            case .other: break
            }
        }
        return true
    }

    /// Its client is of no use any more: what it has is given up, and another one takes over.
    private func fail(_ life: Life, _ reason: String) {
        guard let client = life.producer.retire(life: life.client.life) else { return }
        LogLines.logger.warning("a producer failed for good: another takes over", [.reason: .string(reason)])
        client.purge()
        let endsAt = io.now.monotonic + ProducerLives.lastReportsMilliseconds
        if let index = lives.firstIndex(where: { $0.watch == life.watch }) { lives[index].endsAt = endsAt }
        renew(life.producer)
    }

    private func renew(_ producer: Producer) {
        do throws(KafkaError) {
            let client = try pool.makeClient()
            begin(producer, client)
            producer.renew(client)
        } catch {
            LogLines.logger.error("no producer", [.reason: .string(error.description)])
            waiting.append(producer)
        }
    }

    private func isOver(_ life: Life, _ endsAt: Int64, _ now: Now) -> Bool {
        now.monotonic >= endsAt || !life.producer.hasCalls(life: life.client.life)
    }

    private func end(_ life: Life) {
        io.unwatch(life.watch)
        lives.removeAll { $0.watch == life.watch }
        pool.answer(life.producer.abandon(life: life.client.life))
        Burial.shared.bury(life.client.client)
    }
}
