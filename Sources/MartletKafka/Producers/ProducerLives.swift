import MartletCore
import MartletIO

/// The clients of the producers on their loop: their reports, their deaths, and who comes after them.
final class ProducerLives {
    /// How long a client that failed for good may take to report what it had.
    private static let lastReportsMilliseconds: Int64 = 1_000
    /// Events of one client before other events get their turn.
    private static let eventsPerTurn = 64
    /// How long reports may lie: nobody waits for a success, and a failure is hardly news.
    private static let reportsMilliseconds: Int64 = 10

    private static let renewMilliseconds: Int64 = 100

    private struct Life {
        let producer: Producer
        let client: ProducerClient
        /// Monotonic; nil: it is in use.
        var endsAt: Int64?
    }

    private let pool: ProducerPool
    private var lives: [Life] = []
    /// Producers without a client.
    private var waiting: [Producer] = []
    private var drainedAt: Int64 = .min
    /// When those without a client are tried again.
    private var renewAt: Int64 = .min

    init(_ pool: ProducerPool) {
        self.pool = pool
        for producer in pool.producers {
            if let client = producer.client { begin(producer, client) }
        }
    }

    /// The loop is awake for another reason: reports that lie here for a while are taken along.
    func drainIfDue(_ now: Now) {
        if now.monotonic - ProducerLives.reportsMilliseconds >= drainedAt { drain(now) }
    }

    private func drain(_ now: Now) {
        drainedAt = now.monotonic
        for life in lives where drain(life, now) { drainedAt = .min }
    }

    func tick(_ now: Now) {
        drain(now)
        for life in lives where life.endsAt.map({ isOver(life, $0, now) }) ?? false { end(life) }
        if now.monotonic >= renewAt { renewAll(now) }
    }

    private func renewAll(_ now: Now) {
        renewAt = now.monotonic + ProducerLives.renewMilliseconds
        let producers = waiting
        waiting = []
        for producer in producers { renew(producer) }
    }

    /// All calls get their answer: what is not known yet stays unknown.
    func close(_ now: Now) {
        for life in lives {
            while drain(life, now) {}
            _ = life.producer.retire(life: life.client.life)
            end(life)
        }
        waiting = []
    }

    private func begin(_ producer: Producer, _ client: ProducerClient) {
        lives.append(Life(producer: producer, client: client))
    }

    /// True: there is more.
    private func drain(_ life: Life, _ now: Now) -> Bool {
        for _ in 0..<ProducerLives.eventsPerTurn {
            guard let event = life.client.nextEvent() else { return false }
            switch event {
            case .reports(let reports): pool.answer(life.producer.settle(reports))
            case .fatal(let reason): fail(life, reason, now)
            case .other: break
            }
        }
        return true
    }

    /// Its client is of no use any more: what it has is given up, and another one takes over.
    private func fail(_ life: Life, _ reason: String, _ now: Now) {
        guard let client = life.producer.retire(life: life.client.life) else { return }
        LogLines.logger.warning("a producer failed for good: another takes over", [.reason: .string(reason)])
        client.purge()
        let endsAt = now.monotonic + ProducerLives.lastReportsMilliseconds
        if let index = lives.firstIndex(where: { $0.client === client }) { lives[index].endsAt = endsAt }
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
        lives.removeAll { $0.client === life.client }
        pool.answer(life.producer.abandon(life: life.client.life))
        Burial.shared.bury(life.client.client)
    }
}
