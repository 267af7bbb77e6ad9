import MartletCore
import MartletIO
import PortConformance
import ServerHarness
import Synchronization

@testable import MartletKafka

/// A log on a topic of its own, with faults that a test commands.
final class TestLog: ConformanceSubject, Sendable {
    let configuration: KafkaConfiguration
    let kafka: KafkaLog
    private let faulty: FaultyLog

    init(
        _ server: KafkaServer? = nil, slots: Int = 8, promises: KafkaPromises = .forTests,
        _ configure: (inout KafkaConfiguration) -> Void = { _ in }
    ) throws {
        let server = try server ?? KafkaServer.shared.get()
        var configuration = KafkaConfiguration(
            bootstrap: server.bootstrap, cluster: TestLog.uniqueName(), slotCount: slots)
        // The machine may be busy with other tests.
        configuration.requestTimeoutMilliseconds = 15_000
        configure(&configuration)
        self.configuration = configuration
        _ = try KafkaTopicSetup(promises).run(configuration)
        kafka = try KafkaLog.open(configuration)
        faulty = FaultyLog(kafka)
    }

    func close() { kafka.close() }
    deinit { close() }

    static func uniqueName() -> String {
        "test-" + randomBytes(6).map { String($0, radix: 16) }.joined()
    }

    var log: any LogPort { faulty }
    func onAppends(_ faults: [ConformanceFault?]) { faulty.onAppends(faults) }

    func trimNow() async {
        await answer(otherwise: ()) { done in kafka.trimNow(retentionMilliseconds: 0) { done(()) } }
    }

    /// Time is Kafka's own.
    func advance(milliseconds: Int64) {}

    var mailboxes: any MailboxStore { fatalError("the log's checks need no mailboxes") }
    var presence: any PresenceStore { fatalError("the log's checks need no presence") }
    var cluster: any ClusterStore { fatalError("the log's checks need no cluster store") }
    func onSteps(_ faults: [ConformanceFault?]) {}
    func emptyStore(_ slot: Slot) async {}
}

extension KafkaConfiguration {
    /// Why no log opens with it; nil: one does, and is closed again.
    func refusal() -> KafkaError? {
        do throws(KafkaError) {
            try KafkaLog.open(self).close()
            return nil
        } catch {
            return error
        }
    }
}

extension KafkaPromises {
    /// What one broker can keep.
    static let forTests = KafkaPromises(replication: 1, minInSyncReplicas: 1)
}

/// A log whose next appends go wrong.
final class FaultyLog: LogPort {
    private let log: KafkaLog
    private let faults = Mutex<[ConformanceFault?]>([])

    init(_ log: KafkaLog) { self.log = log }

    var generation: UInt64 { log.generation }

    func onAppends(_ faults: [ConformanceFault?]) { self.faults.withLock { $0 += faults } }

    func append(_ records: [[UInt8]], to slot: Slot, done: @escaping @Sendable ([AppendOutcome]) -> Void) {
        let count = records.count
        switch faults.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        case nil: log.append(records, to: slot, done: done)
        case .fail: answer(Array(repeating: .failed(.unavailable), count: count), done)
        case .drop: answer((0..<count).map { .written(Offset($0)) }, done)
        case .unknownLost: answer(Array(repeating: .unknown, count: count), done)
        case .unknownLanded:
            log.append(records, to: slot) { _ in done(Array(repeating: .unknown, count: count)) }
        }
    }

    private func answer(_ outcomes: [AppendOutcome], _ done: @escaping @Sendable ([AppendOutcome]) -> Void) {
        KafkaSender.later { done(outcomes) }
    }

    func bounds(of slot: Slot, done: @escaping @Sendable (Result<LogBounds, PortError>) -> Void) {
        log.bounds(of: slot, done: done)
    }

    func reader(of slot: Slot, from offset: Offset) -> any LogReader { log.reader(of: slot, from: offset) }
    func allowTrim(of slot: Slot, before offset: Offset) { log.allowTrim(of: slot, before: offset) }
}

extension KafkaLog {
    func append(_ records: [[UInt8]], to slot: Slot) async -> [AppendOutcome] {
        await answer(otherwise: []) { append(records, to: slot, done: $0) }
    }

    func bounds(of slot: Slot) async -> Result<LogBounds, PortError> {
        await answer(otherwise: .failure(.closed)) { bounds(of: slot, done: $0) }
    }

    /// Reads until `count` records are there, or something else than records came.
    func read(_ slot: Slot, from offset: Offset, count: Int) async -> [LoggedRecord] {
        let reader = reader(of: slot, from: offset)
        defer { reader.cancel() }
        var records: [LoggedRecord] = []
        while records.count < count, case .records(let more, _) = await reader.next() { records += more }
        return records
    }

    /// Appends until it is written, as an owner would; records that are there twice are the caller's business.
    func insist(_ record: [UInt8], to slot: Slot, seconds: Int64 = 60) async -> Bool {
        let deadline = Clock.monotonicMilliseconds + seconds * 1_000
        while Clock.monotonicMilliseconds < deadline {
            if case .written = await append([record], to: slot).first { return true }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}

extension LogReader {
    func next(maxRecords: Int = 1_000, maxBytes: Int = 1 << 20) async -> LogRead {
        await answer(otherwise: .failed(.closed)) { next(maxRecords: maxRecords, maxBytes: maxBytes, done: $0) }
    }
}
