@testable import MartletCore

/// A machine with a log in memory, step by step: inputs in, the actions that came of the last one out.
struct SlotScenario {
    static let slotCount = 4
    /// By the last digit of the name.
    static let slotOf: @Sendable (Key) -> Slot = { Slot(Int($0.bytes.last ?? 0) % slotCount) }
    /// Slot 0 is the machine's: 48 % 4 = 0.
    static let alice = Key(trusted: Array("alice0".utf8))
    static let alma = Key(trusted: Array("alma0".utf8))
    static let bob = Key(trusted: Array("bob1".utf8))
    static let phone = DeviceKey(user: alice, device: DeviceID(trusted: Array("phone".utf8)))

    let codec = RecordCodec(generation: 1)
    var machine: SlotMachine
    var log: [[UInt8]] = []
    var milliseconds: Int64 = 0
    private(set) var actions: [SlotAction] = []

    init(tuning: SlotTuning = SlotScenario.tuning) {
        machine = SlotMachine(
            slot: Slot(0), slotCount: SlotScenario.slotCount, generation: 1, tuning: tuning, slotOf: SlotScenario.slotOf
        )
    }

    static var tuning: SlotTuning {
        var tuning = SlotTuning()
        tuning.outcomeWindow = 4
        tuning.owedPerTarget = 3
        tuning.forwardedRecords = 1
        tuning.trimRecords = 1
        return tuning
    }

    var now: Now { Now(wall: 500 + milliseconds, monotonic: milliseconds) }

    @discardableResult
    mutating func input(_ body: (inout SlotMachine, Now, inout [SlotAction]) -> Void) -> [SlotAction] {
        actions.removeAll()
        body(&machine, now, &actions)
        return actions
    }

    // MARK: The log

    /// Puts the record at the log's end, and lets the machine read it.
    @discardableResult
    mutating func logs(_ body: Record.Body, epoch: Epoch? = nil, time: Int64 = 500) -> [SlotAction] {
        let record = Record(epoch: epoch ?? machine.epoch, time: time, body: body)
        return logs(bytes: codec.encode(record))
    }

    @discardableResult
    mutating func logs(bytes: [UInt8]) -> [SlotAction] {
        log.append(bytes)
        let offset = Offset(log.count - 1)
        return input {
            $0.read(.records([LoggedRecord(offset: offset, bytes: bytes)], end: offset + 1), now: $1, into: &$2)
        }
    }

    /// What the machine appended to its own log is written, and read back.
    @discardableResult
    mutating func readBack() -> [SlotAction] {
        let own = actions.compactMap { action -> Record? in
            if case .append(Slot(0), let record, _) = action { record } else { nil }
        }
        var all: [SlotAction] = []
        for record in own { all += logs(bytes: codec.encode(record)) }
        return all
    }

    // MARK: Shortcuts

    /// Opens, claims, replays `log`, fences.
    mutating func becomeReady(stored: StoredSlot = StoredSlot(), logStart: Offset = 0) {
        open(stored: stored, logStart: logStart)
        readBack()
    }

    /// Up to the fence's append.
    mutating func open(stored: StoredSlot = StoredSlot(), logStart: Offset = 0) {
        let bounds = LogBounds(start: logStart, end: Offset(log.count))
        var stored = stored
        input { $0.start(mapEpoch: 0, worker: 7, now: $1, into: &$2) }
        input { $0.opened(.success((stored, bounds)), now: $1, into: &$2) }
        input { $0.claimed(.applied, now: $1, into: &$2) }
        stored.epoch = machine.epoch
        input { $0.opened(.success((stored, bounds)), now: $1, into: &$2) }
        let from = max(stored.forwarded + 1, logStart)
        guard from < bounds.end else { return }
        let records = (from..<bounds.end).map { LoggedRecord(offset: $0, bytes: log[Int($0)]) }
        input { $0.read(.records(records, end: bounds.end), now: $1, into: &$2) }
    }

    mutating func attach(_ device: DeviceKey = SlotScenario.phone, _ state: DeviceState? = nil) {
        let forwarded = machine.storedForwarded
        input { machine, now, actions in
            machine.deviceAttached(device, state, asOfForwarded: forwarded, now: now, into: &actions)
        }
    }

    static func posted(_ n: ClientSequence, to: Key = bob, id: UInt64 = 0, from: DeviceKey = phone) -> Posted {
        Posted(
            sender: from, clientSequence: n, to: Peer(.user, to), id: MessageID(id == 0 ? 100 + n : id),
            content: MessageContent(type: .message, body: [UInt8(truncatingIfNeeded: n)]))
    }

    @discardableResult
    mutating func take(_ posted: Posted, rejection: ErrorCode? = nil) -> [SlotAction] {
        input { $0.take(TakenSend(posted: posted, rejection: rejection), now: $1, into: &$2) }
    }

    @discardableResult
    mutating func stepped(_ outcome: StepOutcome = .applied) -> [SlotAction] {
        input { $0.stepped(outcome, now: $1, into: &$2) }
    }

    @discardableResult
    mutating func tick(after milliseconds: Int64) -> [SlotAction] {
        self.milliseconds += milliseconds
        return input { $0.tick(now: $1, into: &$2) }
    }
}

extension [SlotAction] {
    var answers: [SendAnswer] { compactMap { if case .answer(_, _, let answer) = $0 { answer } else { nil } } }
    var entries: [Entry] { compactMap { if case .decided(_, let entry) = $0 { entry } else { nil } } }
    var steps: [StoreStep] { compactMap { if case .step(let step) = $0 { step } else { nil } } }
    var stop: SlotStopReason? { compactMap { if case .stop(let reason) = $0 { reason } else { nil } }.first }
    /// Of appends.
    var records: [Record] { compactMap { if case .append(_, let record, _) = $0 { record } else { nil } } }
    var tokens: [UInt64] { compactMap { if case .append(_, _, let token) = $0 { token } else { nil } } }
    var owed: [Incoming] { records.compactMap { if case .incoming(let incoming) = $0.body { incoming } else { nil } } }
}
