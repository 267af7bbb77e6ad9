import MartletCore

/// Mailboxes and decision states in Redis: one script call a step, one a read (a checkpoint of a large slot takes
/// several). Steps of one slot keep their order because a client keeps that of a hash slot's commands.
final class RedisMailboxes: MailboxStore {
    private let store: StoreClient
    private let reader: MailboxReader

    init(_ store: StoreClient) {
        self.store = store
        reader = MailboxReader(store)
    }

    func head(of slot: Slot, done: @escaping @Sendable (Result<StoredSlot, PortError>) -> Void) {
        store.run(MailboxScripts.head, key: store.key(of: slot), [], StoredSlot.init(reply:)) { result in
            done(result.mapError(\.portError))
        }
    }

    func claim(_ slot: Slot, epoch: Epoch, done: @escaping @Sendable (StepOutcome) -> Void) {
        guard epoch <= UInt64(StoreNumber.max) else {
            return store.later { done(.failed(.corrupt("epoch \(epoch) is beyond 2^53"))) }
        }
        run(MailboxScripts.claim, slot, Array(String(epoch).utf8), done)
    }

    func apply(_ step: StoreStep, done: @escaping @Sendable (StepOutcome) -> Void) {
        do throws(StoreError) {
            let argument = try StepArguments.encode(
                step, store.configuration, clockMilliseconds: store.clockMilliseconds)
            run(MailboxScripts.step, step.slot, argument, done)
        } catch {
            store.later { done(error.stepOutcome) }
        }
    }

    func read(
        _ query: MailboxQuery, in slot: Slot, done: @escaping @Sendable (Result<MailboxAnswer, PortError>) -> Void
    ) {
        reader.answer(query, in: slot) { done($0.mapError(\.portError)) }
    }

    private func run(
        _ script: RedisScript, _ slot: Slot, _ argument: [UInt8], _ done: @escaping @Sendable (StepOutcome) -> Void
    ) {
        store.run(script, key: store.key(of: slot), [argument], StepOutcome.decode) { result in
            switch result {
            case .success(let outcome): done(outcome)
            case .failure(let error): done(error.stepOutcome)
            }
        }
    }
}

extension StepOutcome {
    fileprivate static func decode(_ reply: RedisReply) throws(StoreError) -> StepOutcome {
        let parts = try reply.array("step", atLeast: 1)
        switch (try parts[0].integer("step"), parts.count) {
        case (0, 1): return .applied
        case (1, 2):
            guard let epoch = Epoch(exactly: try parts[1].integer("step")) else { break }
            return .deposed(by: epoch)
        case (2, 3):
            return .unexpected(offset: try parts[1].integer("step"), forwarded: try parts[2].integer("step"))
        default: break
        }
        throw .unreadable("step")
    }
}

extension StoredSlot {
    init(reply: RedisReply) throws(StoreError) {
        self.init()
        let parts = try reply.array("slot", atLeast: 2)
        let row = try parts[0].array("slot", atLeast: 5)
        epoch = try StoredSlot.unsigned(row[0]) ?? 0
        offset = try StoredSlot.decimal(row[1]) ?? -1
        forwarded = try StoredSlot.decimal(row[2]) ?? -1
        fence = try StoredSlot.unsigned(row[3]) ?? 0
        guard let rules = UInt32(exactly: try StoredSlot.unsigned(row[4]) ?? 0) else { throw .unreadable("slot") }
        self.rules = rules
        for (field, value) in try parts[1].pairs("counts") { try addCount(field, value) }
        incoming.sort { $0.slot < $1.slot }
        outgoing.sort { $0.slot < $1.slot }
    }

    private mutating func addCount(_ field: [UInt8], _ value: RedisReply) throws(StoreError) {
        guard let slot = UInt16(String(decoding: field.dropFirst(), as: UTF8.self)),
            let count = try StoredSlot.unsigned(value)
        else { throw .unreadable("counts") }
        guard count > 0 else { return }
        switch field[0] {
        case UInt8(ascii: "i"): incoming.append((Slot(Int(slot)), count))
        case UInt8(ascii: "o"): outgoing.append((Slot(Int(slot)), count))
        default: throw .unreadable("counts")
        }
    }

    private static func decimal(_ value: RedisReply) throws(StoreError) -> Int64? {
        value == .null ? nil : try value.decimal("slot")
    }

    private static func unsigned(_ value: RedisReply) throws(StoreError) -> UInt64? {
        guard let number = try decimal(value) else { return nil }
        guard number >= 0 else { throw .unreadable("slot") }
        return UInt64(number)
    }
}
