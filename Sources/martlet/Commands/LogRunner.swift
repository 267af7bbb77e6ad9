import MartletCommand
import MartletConfiguration
import MartletCore
import MartletIO
import MartletKafka
import Synchronization

/// Carries out `martlet log cat`.
enum LogRunner {
    static func cat(_ invocation: Invocation) throws -> ExitCode {
        var configuration = try kafka(invocation)
        do throws(KafkaError) {
            configuration.slotCount = try KafkaLog.slotCount(configuration)
        } catch {
            throw CommandFailure(error)
        }
        // It appends nothing.
        configuration.partitionsPerProducer = configuration.slotCount
        let slot = try slot(invocation, configuration.slotCount)
        let log: KafkaLog
        do throws(KafkaError) {
            log = try KafkaLog.open(configuration)
        } catch {
            throw CommandFailure(error)
        }
        defer { log.close() }
        return try print(log, slot, invocation)
    }

    private static func kafka(_ invocation: Invocation) throws(CommandFailure) -> KafkaConfiguration {
        let (settings, warnings) = try ConfigurationLoader.load(invocation, for: .log)
        for warning in warnings { Console.error("warning: \(warning)") }
        do throws(ConfigurationError) {
            return try KafkaConfiguration(settings)
        } catch {
            throw ConfigurationLoader.failure(error.problems)
        }
    }

    private static func slot(_ invocation: Invocation, _ slots: Int) throws -> Slot {
        if let name = invocation[LogCommand.user] {
            guard let key = Key(name) else {
                throw UsageError("`--user \(name)`: not a user id.", path: invocation.path)
            }
            return Slot(of: key, slots: slots)
        }
        let index = invocation[LogCommand.slot]
        guard index < slots else {
            throw UsageError("`--slot \(index)`: there are \(slots) slots.", path: invocation.path)
        }
        return Slot(index)
    }

    private static func print(_ log: KafkaLog, _ slot: Slot, _ invocation: Invocation) throws -> ExitCode {
        let follows = invocation[LogCommand.follow]
        let bounds = try wait { log.bounds(of: slot, done: $0) }.get()
        var next = max(Offset(invocation[LogCommand.from]), bounds.start)
        var left = follows ? Int.max : invocation[LogCommand.limit]
        let form = RecordLine(
            codec: RecordCodec(generation: log.generation), isJSON: invocation[LogCommand.json],
            showsContent: invocation[LogCommand.content])
        let reader = log.reader(of: slot, from: next)
        defer { reader.cancel() }
        while left > 0, follows || next < bounds.end {
            let count = min(left, 500)
            switch wait({ reader.next(maxRecords: count, maxBytes: 1 << 20, done: $0) }) {
            case .records(let records, _):
                Console.print(records.map(form.text).joined(separator: "\n"))
                next += Offset(records.count)
                left -= records.count
            case .trimmed(let start): throw CommandFailure("trimmed meanwhile: the log begins at \(start)")
            case .failed(let error): throw CommandFailure("the log cannot be read: \(error)")
            }
        }
        return .success
    }

    /// Waits on this thread for an answer that comes on another.
    private static func wait<Value: Sendable>(_ ask: (@escaping @Sendable (Value) -> Void) -> Void) -> Value {
        let answer = Pending<Value>()
        ask { answer.set($0) }
        return answer.wait()
    }
}

private final class Pending<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let condition = Condition()

    func set(_ value: Value) {
        condition.lock()
        self.value.withLock { $0 = value }
        condition.broadcast()
        condition.unlock()
    }

    func wait() -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = value.withLock({ $0 }) { return value }
            condition.wait()
        }
    }
}
