@testable import MartletCore

/// One node's ownership of a slot, perhaps a zombie's: a slot machine and a shell that carries its actions out badly.
final class SimulatedOwner {
    struct Queued {
        let bytes: [UInt8]
        let token: UInt64
        let isFence: Bool
    }

    unowned let world: SlotWorld
    let slot: Slot
    let serial: Int
    var machine: SlotMachine
    private(set) var isAlive = true
    /// Appends on their way, by target.
    private(set) var queues: [[Queued]]
    private var position: Offset?
    /// Where the log ended when the machine last asked: what it looks through for a checkpoint.
    private var seenEnd: Offset = 0
    /// How likely it is to read, and to be served by its store, in one step. A zombie may stall for long.
    var readChance = 0.9, storeChance = 0.6

    init(_ world: SlotWorld, slot: Slot, serial: Int) {
        self.world = world
        self.slot = slot
        self.serial = serial
        queues = Array(repeating: [], count: world.slotCount)
        machine = SlotMachine(
            slot: slot, slotCount: world.slotCount, generation: world.codec.generation, tuning: world.tuning,
            policy: world.mutant.policy, slotOf: world.slotOf)
        setRates(real: true)
    }

    func start() throws {
        try input { machine, now, actions in machine.start(mapEpoch: 0, worker: 7, now: now, into: &actions) }
    }

    func setRates(real: Bool) {
        if !world.hasFaults { return (readChance, storeChance) = (0.9, 0.6) }
        readChance = real ? world.random.pick([0.9, 0.7, 0.3]) : world.random.pick([0.5, 0.05, 0, 0])
        storeChance = real ? world.random.pick([0.6, 0.3, 0.1]) : world.random.pick([0.1, 0, 0])
    }

    var isIdle: Bool { queues.allSatisfy(\.isEmpty) && machine.wantsRecords }

    /// Gone without a goodbye: what is on its way may land long after.
    func stop() {
        guard isAlive else { return }
        isAlive = false
        for (target, queue) in queues.enumerated() {
            for queued in queue where world.random.chance(0.4) { world.landLate(Slot(target), queued.bytes) }
        }
        queues = queues.map { _ in [] }
    }

    // MARK: Inputs and actions

    func input(_ body: (inout SlotMachine, Now, inout [SlotAction]) -> Void) throws {
        guard isAlive else { return }
        var actions: [SlotAction] = []
        body(&machine, world.now, &actions)
        for action in actions {
            guard isAlive else { return }
            try obey(action)
            if world.hasFaults, world.random.chance(0.0005) { crash() }
        }
    }

    private func crash() {
        world.count["crashes between actions", default: 0] += 1
        stop()
    }

    private func obey(_ action: SlotAction) throws {
        switch action {
        case .open: open()
        case .claim(let epoch): claim(epoch)
        case .readLog(let from): position = from
        case .append(let target, let record, let token): append(record, to: target, token)
        case .loadDevices(let devices): load(devices)
        case .step(let step): apply(step)
        case .readCheckpoint: readCheckpoint()
        case .ready: world.count["ready", default: 0] += 1
        case .decided(let user, let entry): try world.oracle.pushed(entry, to: user, in: slot)
        case .readDecided: break
        case .answer(let device, let n, let answer): tell(device, n, answer)
        case .acknowledge(let source, let upTo): acknowledge(source, upTo)
        case .allowTrim(let before): allowTrim(before)
        case .stop(let reason): try stopped(reason)
        }
    }

    private func append(_ record: Record, to target: Slot, _ token: UInt64) {
        let isFence = if case .fence = record.body { true } else { false }
        queues[target.index].append(Queued(bytes: world.codec.encode(record), token: token, isFence: isFence))
    }

    private func tell(_ device: DeviceKey, _ n: ClientSequence, _ answer: SendAnswer) {
        if self !== world.owners[slot.index] { world.count["answers by zombies", default: 0] += 1 }
        let receiver = world.device(device)
        world.post { try receiver.answered(n, answer) }
    }

    private func acknowledge(_ source: Slot, _ upTo: UInt64) {
        for owner in world.owners(of: source) {
            world.post { [slot] in
                try owner.input { $0.acknowledged(by: slot, upTo: upTo, now: $1, into: &$2) }
            }
        }
    }

    /// Retention comes when it likes, perhaps long after the owner that allowed it is gone.
    private func allowTrim(_ before: Offset) {
        guard world.trims else { return }
        world.later(world.isFaulty(world.mutant.trimsOften ? 0.8 : 0.3) ? world.random.int(10...300) : 0) {
            [world, slot] in
            let start = world.logs[slot.index].start
            guard before > start else { return }
            world.logs[slot.index].trim(before: Offset(world.random.int(Int(start)...Int(before))))
            world.count["trims", default: 0] += 1
        }
    }

    private func stopped(_ reason: SlotStopReason) throws {
        switch reason {
        case .deposed: world.count["deposed", default: 0] += 1
        case .released: world.count["released", default: 0] += 1
        case .restart: world.count["restarts", default: 0] += 1
        case .cannotUnderstand, .unusable: throw Broken(5, "slot \(slot) stopped: \(reason)")
        }
        stop()
        if case .restart = reason { world.restart(self) }
    }

    // MARK: The store, which answers late, or not, or not truly

    /// Calls `body` when the store comes to it. What a dead owner had queued may still get there.
    private func atStore(_ body: @escaping () throws -> Void) {
        let delay = storeChance > 0 ? Int(world.random.unit() * 4 / storeChance) : 200
        world.later(delay) { [self] in
            guard isAlive || world.random.chance(0.5) else { return }
            try body()
        }
    }

    private func answerLater(_ body: @escaping (inout SlotMachine, Now, inout [SlotAction]) -> Void) {
        world.later(world.random.int(0...2)) { [self] in try input(body) }
    }

    private var isStoreAway: Bool { world.hasFaults && world.storeAwayUntil[slot.index] > world.time }

    private func open() {
        atStore { [self] in
            if isStoreAway { return answerLater { $0.opened(.failure(.unavailable), now: $1, into: &$2) } }
            let head = world.stores[slot.index].head, bounds = world.logs[slot.index].bounds
            seenEnd = bounds.end
            answerLater { $0.opened(.success((head, bounds)), now: $1, into: &$2) }
        }
    }

    private func claim(_ epoch: Epoch) {
        atStore { [self] in
            if isStoreAway { return answerLater { $0.claimed(.failed(.unavailable), now: $1, into: &$2) } }
            let before = world.stores[slot.index].contents.epoch
            let outcome = world.stores[slot.index].claim(epoch)
            if outcome == .applied { world.claimed(self, epoch, before: before) }
            let told: StepOutcome = world.isFaulty(0.02) ? .unknown : outcome
            answerLater { $0.claimed(told, now: $1, into: &$2) }
        }
    }

    private func apply(_ step: StoreStep) {
        atStore { [self] in
            if isStoreAway { return answerLater { $0.stepped(.failed(.unavailable), now: $1, into: &$2) } }
            if world.isFaulty(0.02) {
                world.count["steps unknown, not applied", default: 0] += 1
                return answerLater { $0.stepped(.unknown, now: $1, into: &$2) }
            }
            let outcome = world.apply(step, seenEnd: seenEnd)
            if world.isFaulty(0.02) {
                world.count["steps unknown, applied", default: 0] += 1
                return answerLater { $0.stepped(.unknown, now: $1, into: &$2) }
            }
            answerLater { $0.stepped(outcome, now: $1, into: &$2) }
        }
    }

    private func load(_ devices: [DeviceKey]) {
        world.count["device states loaded", default: 0] += devices.count
        atStore { [self] in
            if isStoreAway || world.isFaulty(0.1) {
                return answerLater { machine, now, _ in machine.devicesNotLoaded(.unavailable, now: now) }
            }
            let contents = world.stores[slot.index].contents
            let rows = devices.map { ($0, contents.state.devices[$0]) }
            answerLater { $0.devicesLoaded(forwarded: contents.forwarded, rows, now: $1, into: &$2) }
        }
    }

    private func readCheckpoint() {
        atStore { [self] in
            let store = world.stores[slot.index]
            let rows = store.checkpoint(), forwarded = store.contents.forwarded
            world.count["checkpoints", default: 0] += 1
            answerLater { $0.checkpointRows(.success((forwarded, rows)), now: $1, into: &$2) }
        }
    }

    // MARK: What the world drives

    func stepRead() throws {
        guard let from = position, machine.wantsRecords else { return }
        if world.isFaulty(0.005) {
            position = nil
            return try input { $0.read(.failed(.unavailable), now: $1, into: &$2) }
        }
        guard let read = world.logs[slot.index].read(from: from, max: world.random.int(1...4)) else { return }
        if case .records(let records, _) = read { position = from + Offset(records.count) } else { position = nil }
        try input { $0.read(read, now: $1, into: &$2) }
    }

    /// The heads of its queues: several on their way, each may be lost, doubled, late, and falsely reported.
    func stepAppends() throws {
        for target in queues.indices {
            guard isAlive, !queues[target].isEmpty, world.logs[target].blockedUntil <= world.time,
                !world.random.chance(0.4)
            else { continue }
            let queued = queues[target].removeFirst()
            let outcome = world.land(queued.bytes, Slot(target))
            guard let outcome else { continue }
            try input { $0.appended(token: queued.token, outcome, now: $1, into: &$2) }
        }
    }

    func tick() throws { try input { $0.tick(now: $1, into: &$2) } }

    // MARK: What a home asks

    func take(_ send: TakenSend) throws {
        let device = send.posted.sender
        try attach(device) { [self] in try input { $0.take(send, now: $1, into: &$2) } }
    }

    /// Calls `body` when the device's state is in memory.
    func attach(_ device: DeviceKey, _ body: @escaping () throws -> Void) throws {
        guard isAlive else { return }
        if machine.deviceState(device) != nil {
            try input { machine, now, actions in
                machine.deviceAttached(device, nil, asOfForwarded: -1, now: now, into: &actions)
            }
            return try body()
        }
        guard machine.isReady else { return }
        atStore { [self] in
            let contents = world.stores[slot.index].contents
            world.later(world.random.int(0...(world.isFaulty(0.2) ? 60 : 6))) { [self] in
                var isKnown = false
                try input { machine, now, actions in
                    isKnown = machine.deviceAttached(
                        device, contents.state.devices[device], asOfForwarded: contents.forwarded, now: now,
                        into: &actions)
                }
                if isKnown && isAlive { try body() }
            }
        }
    }

    func write(_ body: Record.Body) throws {
        try input { machine, now, actions in _ = machine.write(body, now: now, into: &actions) }
    }

    func add(_ operation: MailboxOperation) throws {
        guard machine.isReady else { return }
        try input { $0.add(operations: [operation], now: $1, into: &$2) }
    }

    func forget(_ device: DeviceKey) {
        if isAlive { machine.forgetDevice(device) }
    }

    func release() throws { try input { $0.release(now: $1, into: &$2) } }
}
