import Foundation
import MartletCore
import MartletIO
import ServerHarness
import Synchronization
import Testing

@testable import MartletKafka

extension KafkaSuites {
    @Suite struct LogTests {
        @Test func aReaderThatDoesNotAskIsNotBufferedFor() async throws {
            let test = try TestLog { $0.readerBytes = 32 << 10 }
            defer { test.close() }
            let log = test.kafka
            let count = 1_000
            for start in stride(from: 0, to: count, by: 100) {
                _ = await log.append((start..<start + 100).map { TestRecord.make($0, bytes: 1_000) }, to: Slot(0))
            }
            let reader = log.reader(of: Slot(0), from: 0)
            defer { reader.cancel() }
            var numbers: [Int] = []
            while numbers.count < count, case .records(let records, _) = await reader.next(maxRecords: 7) {
                #expect(records.count <= 7)
                numbers += records.map { TestRecord.number($0.bytes) }
            }
            #expect(numbers == Array(0..<count))
        }

        @Test func readersOfOneSlotStandWhereTheyLike() async throws {
            let test = try TestLog()
            defer { test.close() }
            let log = test.kafka
            _ = await log.append((0..<300).map { TestRecord.make($0) }, to: Slot(1))
            async let old = log.read(Slot(1), from: 0, count: 300)
            async let young = log.read(Slot(1), from: 250, count: 50)
            #expect(await old.map(\.offset) == (0..<300).map { Offset($0) })
            #expect(await young.map(\.offset) == (250..<300).map { Offset($0) })
        }

        @Test func whoReadsAtTheEndDoesNotWakeTheLoopForEachRecord() async throws {
            let test = try TestLog()
            defer { test.close() }
            let log = test.kafka
            let reader = log.reader(of: Slot(1), from: 0)
            defer { reader.cancel() }
            let (answers, told) = AsyncStream.makeStream(of: LogRead.self)
            var answer = answers.makeAsyncIterator()
            for number in 0..<20 {
                // Asked before the record comes, however busy the machine is.
                reader.next(maxRecords: 9, maxBytes: 1 << 20) { told.yield($0) }
                #expect(await log.append([TestRecord.make(number)], to: Slot(1)) == [.written(Offset(number))])
                guard case .records(let records, _) = await answer.next() else { return #expect(Bool(false)) }
                #expect(records.map { TestRecord.number($0.bytes) } == [number])
            }
            // The first request, and whatever the start of the reading took.
            #expect(log.loop.counters.messages.current < 5)
        }

        @Test func tooManyReadersOfASlotAreToldSo() async throws {
            let test = try TestLog { $0.readersPerSlot = 2 }
            defer { test.close() }
            let log = test.kafka
            let readers = (0..<3).map { _ in log.reader(of: Slot(0), from: 0) }
            for reader in readers.prefix(2) { reader.next(maxRecords: 1, maxBytes: 1) { _ in } }
            #expect(await readers[2].next() == .failed(.unavailable))
            readers[0].cancel()
            async let answer = readers[2].next()
            _ = await log.append([[1]], to: Slot(0))
            #expect(await answer == .records([LoggedRecord(offset: 0, bytes: [1])], end: 1))
            for reader in readers { reader.cancel() }
        }

        @Test func aSlotThatThereIsNotIsAnError() async throws {
            let test = try TestLog()
            defer { test.close() }
            let log = test.kafka
            guard case .failed = await log.append([[1]], to: Slot(8)).first else { return #expect(Bool(false)) }
            #expect(await log.reader(of: Slot(8), from: 0).next() == .failed(.unavailable))
            #expect(await log.bounds(of: Slot(8)) == .failure(.unavailable))
        }

        @Test func aRecordThatDoesNotFitIsRefusedAndTheNextIsNot() async throws {
            let test = try TestLog()
            defer { test.close() }
            let log = test.kafka
            let outcomes = await log.append([[UInt8](repeating: 1, count: 2 << 20), [2]], to: Slot(0))
            guard case .failed(.corrupt) = outcomes[0] else { return #expect(Bool(false), "\(outcomes[0])") }
            #expect(outcomes[1] == .written(0))
        }

        @Test func aClosedLogSaysSo() async throws {
            let test = try TestLog()
            defer { test.close() }
            let log = test.kafka
            let waiting = log.reader(of: Slot(0), from: 0)
            async let answer = waiting.next()
            _ = await log.append([[1]], to: Slot(1))
            log.close()
            #expect(await answer == .failed(.closed))
            #expect(await log.append([[1]], to: Slot(0)) == [.failed(.closed)])
            #expect(await log.bounds(of: Slot(0)) == .failure(.closed))
            #expect(await log.reader(of: Slot(0), from: 0).next() == .failed(.closed))
        }

        @Test func aProducerThatFailedForGoodIsReplaced() async throws {
            let test = try TestLog()
            defer { test.close() }
            let log = test.kafka
            #expect(await log.append([[1]], to: Slot(0)) == [.written(0)])
            for producer in log.parts.pool.producers { producer.client?.failFatally() }
            #expect(await log.insist([2], to: Slot(0)))
            let records = await log.read(Slot(0), from: 0, count: 2)
            #expect(records.first?.bytes == [1] && records.last?.bytes == [2])
            #expect(log.parts.pool.budget.recordsTaken == 0)
        }

        @Test(.enabled(if: KafkaSource.canStart)) func kafkasOwnProducerFindsTheSameSlots() async throws {
            let log = try TestLog()
            let users = (0..<60).map { "user-\($0)-" + String(repeating: "ü", count: $0 % 7) }
            try JavaProducer.send(users.map { ($0, $0) }, to: log.configuration)
            let bySlot = Dictionary(grouping: users) { Slot(of: Key(Array($0.utf8))!, slots: 8) }
            for slot in bySlot.keys.sorted() {
                let records = await log.kafka.read(slot, from: 0, count: bySlot[slot]!.count)
                #expect(records.map { String(decoding: $0.bytes, as: UTF8.self) }.sorted() == bySlot[slot]!.sorted())
            }
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/kcat")))
        func kcatReadsTheTopic() async throws {
            let log = try TestLog()
            _ = await log.kafka.append([Array("one".utf8), Array("two".utf8)], to: Slot(3))
            let text = try Tool.run(
                "/usr/bin/kcat",
                [
                    "-C", "-b", log.configuration.bootstrap, "-t", log.configuration.topic, "-p", "3", "-e", "-q", "-f",
                    "%o %s\n",
                ])
            #expect(text == "0 one\n1 two\n")
        }
    }

    /// The broker suffers, and is well again afterwards.
    @Suite(.enabled(if: KafkaSource.canStart, "\(KafkaSource.absence)")) struct BrokerTests {
        @Test func aBrokerThatIsKilledAndComesBack() async throws {
            let server = try KafkaServer.shared.get()
            defer { server.recover() }
            // Looks for the topic's settings all the time, which must not make it connect without a pause.
            let test = try TestLog(server) { $0.identityMilliseconds = 200 }
            defer { test.close() }
            let log = test.kafka
            #expect(await log.append([[1]], to: Slot(0)) == [.written(0)])
            let reader = log.reader(of: Slot(0), from: 0)
            _ = await reader.next()
            async let later = reader.next()
            try server.kill()
            let before = Clock.monotonicMilliseconds
            let outcome = await log.append([[2]], to: Slot(0))[0]
            #expect(outcome == .failed(.unavailable) || outcome == .unknown)
            #expect(Clock.monotonicMilliseconds - before < 5_000)
            try server.restart()
            #expect(await log.insist([3], to: Slot(0)))
            guard case .records(let records, _) = await later else { return #expect(Bool(false)) }
            #expect(records.first?.offset == 1)
        }

        @Test func aBrokerThatHangsAnswersNothingTwice() async throws {
            let server = try KafkaServer.shared.get()
            defer { server.recover() }
            let test = try TestLog(server) { $0.maxRecordsInFlight = 100 }
            defer { test.close() }
            let log = test.kafka
            #expect(await log.append([[1]], to: Slot(0)) == [.written(0)])
            try server.pause()
            let answers = Mutex<[AppendOutcome]>([])
            for number in 0..<100 {
                log.append([TestRecord.make(number)], to: Slot(number % 8)) { outcomes in
                    answers.withLock { $0 += outcomes }
                }
            }
            let before = Clock.monotonicMilliseconds
            #expect(await log.append([[9]], to: Slot(0)) == [.failed(.unavailable)], "no room: at once")
            #expect(Clock.monotonicMilliseconds - before < 1_000)
            try poll(until: "all are answered", seconds: 8) { answers.withLock { $0.count } == 100 }
            #expect(answers.withLock { $0.allSatisfy { $0 == .unknown || $0 == .failed(.unavailable) } })
            try server.resume()
            #expect(await log.insist([3], to: Slot(0)))
            #expect(answers.withLock { $0.count } == 100)
        }

        @Test func closingWithRecordsOnTheirWayDoesNotHang() async throws {
            let server = try KafkaServer.shared.get()
            defer { server.recover() }
            let test = try TestLog(server) { $0.flushMilliseconds = 500 }
            defer { test.close() }
            let log = test.kafka
            let waiting = log.reader(of: Slot(0), from: 0)
            let ends = Mutex<[LogRead]>([])
            waiting.next(maxRecords: 1, maxBytes: 1) { read in ends.withLock { $0.append(read) } }
            try server.pause()
            let answers = Mutex(0)
            for number in 0..<50 {
                log.append([TestRecord.make(number)], to: Slot(number % 8)) { outcomes in
                    answers.withLock { $0 += outcomes.count }
                }
            }
            let before = Clock.monotonicMilliseconds
            log.close()
            #expect(Clock.monotonicMilliseconds - before < 20_000)
            #expect(answers.withLock { $0 } == 50)
            #expect(ends.withLock { $0 } == [.failed(.closed)])
            try server.resume()
        }
    }
}

/// Records that carry their number.
enum TestRecord {
    static func make(_ number: Int, bytes: Int = 2) -> [UInt8] {
        [UInt8(number >> 8), UInt8(number & 0xFF)] + [UInt8](repeating: 7, count: bytes - 2)
    }

    static func number(_ bytes: [UInt8]) -> Int { Int(bytes[0]) << 8 | Int(bytes[1]) }
}

enum Tool {
    static func run(_ path: String, _ arguments: [String], input: String = "") throws -> String {
        let child = Process(), output = Pipe(), entry = Pipe()
        child.executableURL = URL(fileURLWithPath: path)
        child.arguments = arguments
        child.standardInput = entry
        child.standardOutput = output
        try child.run()
        try entry.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try entry.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { throw HarnessError.commandFailed(text) }
        return text
    }
}

/// Kafka's own producer, keying as its users do.
enum JavaProducer {
    static func send(_ pairs: [(key: String, value: String)], to configuration: KafkaConfiguration) throws {
        try KafkaSource.distribution!.run(
            "org.apache.kafka.tools.ConsoleProducer",
            [
                "--bootstrap-server", configuration.bootstrap, "--topic", configuration.topic, "--reader-property",
                "parse.key=true", "--reader-property", "key.separator=:",
            ], input: pairs.map { "\($0.key):\($0.value)\n" }.joined())
    }
}
