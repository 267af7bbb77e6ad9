@testable import MartletCore

/// A promise that did not hold. The points are those of `SlotOracle`.
struct Broken: Error, CustomStringConvertible {
    let point: Int
    let text: String

    init(_ point: Int, _ text: String) {
        self.point = point
        self.text = text
    }

    var description: String { "point \(point): \(text)" }
}

/// A rule taken away, in the machine, the store or the clients.
struct Mutant: Sendable {
    var policy: SlotPolicy = []
    var store: StorePolicy = []
    var device: DevicePolicy = []
    /// Trimming and lost store tails come more often: for rules that are only about them.
    var trimsOften = false
}

/// A small cluster in virtual time, by seed: a time of faults, calm, the oracle; then stores lost in the quiet, calm
/// again, the oracle again. The faults are those that the rules are made for: owners that crash between any two
/// actions and zombies that go on, two owners of one epoch, logs that lose, double and delay appends and report
/// success falsely, stores that lose their tail or everything, trimming, retries anywhere, late and lost messages.
final class SlotWorld {
    let mutant: Mutant
    let codec = RecordCodec(generation: 11)
    let tuning: SlotTuning
    let slotCount: Int
    let users: [Key]
    let trims: Bool
    /// How busy the devices are: where there is always more to send, a loss shows as a gap; else as silence.
    let composeChance: Double
    let slotOf: @Sendable (Key) -> Slot
    var random: SeededRandom
    private(set) var time = 0
    private(set) var hasFaults = true
    private var events = EventQueue()
    private var landings = EventQueue()
    var logs: [SimulatedLog]
    var stores: [SimulatedStore]
    /// Until when a slot's store does not answer.
    var storeAwayUntil: [Int]
    private(set) var owners: [SimulatedOwner] = []
    private var zombies: [SimulatedOwner] = []
    private var ownerSerial = 0
    private(set) var devices: [SimulatedDevice] = []
    private var deviceIndex: [DeviceKey: SimulatedDevice] = [:]
    private(set) var oracle: SlotOracle!
    var nextID: UInt64 = 0
    var count: [String: Int] = [:]

    init(seed: UInt64, mutant: Mutant = Mutant()) {
        self.mutant = mutant
        random = SeededRandom(seed: seed)
        let slotCount = random.pick([3, 4])
        self.slotCount = slotCount
        trims = random.chance(0.6) || mutant.trimsOften
        composeChance = random.pick([0.06, 0.06, 0.01])
        slotOf = { key in Slot(Int(key.bytes.last ?? 0) % slotCount) }
        users = (0..<6).map { Key(trusted: Array("u\($0)".utf8)) }
        logs = Array(repeating: SimulatedLog(), count: slotCount)
        stores = Array(repeating: SimulatedStore(), count: slotCount)
        storeAwayUntil = Array(repeating: 0, count: slotCount)
        tuning = SlotWorld.tuning()
        oracle = SlotOracle(self)
        for slot in stores.indices { stores[slot].policy = mutant.store }
        for slot in 0..<slotCount { owners.append(makeOwner(Slot(slot))) }
        for user in users { addDevices(of: user) }
    }

    private static func tuning() -> SlotTuning {
        var tuning = SlotTuning()
        tuning.outcomeWindow = 8
        tuning.owedInFlight = 6
        tuning.owedProbe = 2
        tuning.resendMilliseconds = 40
        tuning.resendMaxMilliseconds = 80
        tuning.retryMilliseconds = 5
        tuning.retryMaxMilliseconds = 20
        tuning.fenceMilliseconds = 40
        tuning.writtenMilliseconds = 60
        tuning.operationsPerStep = 6
        tuning.operationsWaiting = 200
        tuning.forwardedRecords = 6
        tuning.forwardedMilliseconds = 8
        tuning.lookMilliseconds = 12
        tuning.acknowledgeMilliseconds = 30
        tuning.checkpointRecords = 25
        tuning.checkpointMilliseconds = 1_000_000
        tuning.checkpointRowsPerPart = 4
        tuning.trimRecords = 1
        tuning.recordsWaiting = 16
        return tuning
    }

    private func addDevices(of user: Key) {
        for number in 0..<random.pick([1, 2]) {
            let key = DeviceKey(user: user, device: DeviceID(trusted: Array("d\(number)".utf8)))
            let device = SimulatedDevice(self, key)
            devices.append(device)
            deviceIndex[key] = device
        }
    }

    var now: Now { Now(wall: 1_800_000_000_000 + Int64(time), monotonic: Int64(time)) }
    func device(_ key: DeviceKey) -> SimulatedDevice { deviceIndex[key]! }
    func owners(of slot: Slot) -> [SimulatedOwner] { [owners[slot.index]] + zombies.filter { $0.slot == slot } }

    // MARK: Chance

    func isFaulty(_ chance: Double) -> Bool { hasFaults && random.chance(chance) }

    func later(_ delay: Int, _ body: @escaping () throws -> Void) { events.schedule(at: time + delay, body) }

    /// A message between nodes or with a client: late, lost, doubled.
    func post(_ body: @escaping () throws -> Void) {
        let chance = hasFaults ? random.unit() : 1
        let copies = chance < 0.04 ? 2 : chance < 0.12 ? 0 : 1
        for _ in 0..<copies {
            let isLate = chance > 0.12 && chance < 0.2 || chance < 0.04
            later(isLate ? random.int(20...400) : random.int(0...6), body)
        }
    }

    func landLate(_ slot: Slot, _ bytes: [UInt8]) {
        landings.schedule(at: time + random.int(1...random.pick([10, 400]))) { [self] in
            _ = logs[slot.index].append(bytes)
        }
    }

    /// An append that arrives at its log, or not. Nil: nobody ever says what became of it.
    func land(_ bytes: [UInt8], _ slot: Slot) -> AppendOutcome? {
        let chance = hasFaults ? random.unit() : 1
        var offset = logs[slot.index].end
        if chance > 0.17 || chance < 0.04 { offset = logs[slot.index].append(bytes) }
        if chance < 0.09 { landLate(slot, bytes) }
        switch chance {
        case ..<0.04: count["appends doubled", default: 0] += 1
        case ..<0.06: count["appends late, reported written", default: 0] += 1
        case ..<0.075:
            count["appends late, reported unknown", default: 0] += 1
            return .unknown
        case ..<0.09:
            count["appends late, reported failed", default: 0] += 1
            return .failed(.unavailable)
        case ..<0.12: count["appends lost, reported written", default: 0] += 1
        case ..<0.15:
            count["appends lost, reported failed", default: 0] += 1
            return .failed(.unavailable)
        case ..<0.17:
            count["appends lost, not reported", default: 0] += 1
            return nil
        default: break
        }
        return .written(offset)
    }

    // MARK: Stores

    /// `seenEnd`: where the log ended when the owner began. A part of an older checkpoint that lands later is not seen.
    func apply(_ step: StoreStep, seenEnd: Offset) -> StepOutcome {
        let slot = step.slot.index
        let offset = stores[slot].contents.offset, isEmptied = stores[slot].contents.forwarded < logs[slot].start - 1
        let outcome = stores[slot].apply(step)
        guard step.installsCheckpoint, outcome == .applied else { return outcome }
        count["started from a checkpoint", default: 0] += 1
        if isEmptied, let oldest = logs[slot].oldestUsableCheckpoint(codec, before: seenEnd), offset < oldest {
            oracle.mailboxesMayBegin(behind: oldest, in: step.slot)
        }
        return outcome
    }

    /// An owner has a new epoch. Sometimes the store forgets it at once, and another owner gets the same.
    func claimed(_ owner: SimulatedOwner, _ epoch: Epoch, before: Epoch) {
        let others = owners(of: owner.slot).filter { $0 !== owner && $0.isAlive }
        if others.contains(where: { $0.machine.epoch == epoch }) { count["two owners of one epoch", default: 0] += 1 }
        guard isFaulty(0.15), owner === owners[owner.slot.index] else { return }
        stores[owner.slot.index].contents.epoch = before
        later(random.int(0...10)) { [self] in
            if hasFaults, owner === owners[owner.slot.index] { try replaceOwner(owner.slot) }
        }
    }

    // MARK: Owners

    private func makeOwner(_ slot: Slot) -> SimulatedOwner {
        ownerSerial += 1
        count["owners", default: 0] += 1
        return SimulatedOwner(self, slot: slot, serial: ownerSerial)
    }

    /// Its machine asked for a start again. A zombie may do so too, and is the owner then.
    func restart(_ owner: SimulatedOwner) {
        later(1) { [self] in
            let current = owners[owner.slot.index]
            if owner === current || hasFaults && !current.isAlive { try replaceOwner(owner.slot) }
        }
    }

    func replaceOwner(_ slot: Slot) throws {
        let old = owners[slot.index]
        if old.isAlive, hasFaults, random.chance(0.8) {
            zombies.append(old)
            old.setRates(real: false)
        } else {
            old.stop()
        }
        owners[slot.index] = makeOwner(slot)
        try owners[slot.index].start()
    }

    // MARK: Steps

    func step() throws {
        time += 1
        if hasFaults { try misfortune() }
        zombies.removeAll { !$0.isAlive }
        while let landing = landings.popDue(time) { try landing() }
        while let event = events.popDue(time) { try event() }
        for owner in owners + zombies where owner.isAlive {
            if random.chance(owner.readChance) { try owner.stepRead() }
            try owner.stepAppends()
            try owner.tick()
        }
        for (slot, owner) in owners.enumerated() where !owner.isAlive && random.chance(0.1) {
            try replaceOwner(Slot(slot))
        }
        for device in devices { try device.act() }
        if hasFaults { try doOtherThings() }
    }

    private func misfortune() throws {
        let chance = random.unit(), slot = random.int(0...slotCount - 1)
        switch chance {
        case ..<0.012: try replaceOwner(Slot(slot))
        case ..<0.016: try owners[slot].release()
        case ..<0.020: owners[slot].stop()
        case ..<(mutant.trimsOften ? 0.028 : 0.026):
            if stores[slot].loseTail(&random) { count["store tails lost", default: 0] += 1 }
        case ..<0.030:
            stores[slot].empty(keepsEpoch: random.chance(0.5))
            count["stores emptied", default: 0] += 1
        case ..<0.034: stores[slot].contents.epoch = UInt64(random.int(0...Int(stores[slot].contents.epoch)))
        case ..<0.040: logs[slot].blockedUntil = time + random.int(20...150)
        case ..<0.046:
            storeAwayUntil[slot] = time + random.int(10...120)
            count["stores away", default: 0] += 1
        case ..<0.056: if !zombies.isEmpty { random.pick(zombies).setRates(real: random.chance(0.3)) }
        case ..<0.062: if !zombies.isEmpty { random.pick(zombies).stop() }
        default: break
        }
    }

    /// Read marks, settings, cursors, sessions that end; and records that are none.
    private func doOtherThings() throws {
        let user = random.pick(users), slot = slotOf(user)
        let owner = random.pick(owners(of: slot))
        switch random.unit() {
        case ..<0.03:
            let mark = ReadMark(
                user: user, conversation: Peer(.user, random.pick(users)), seq: owner.machine.decidedOffset)
            try owner.write(.read(mark))
        case ..<0.04:
            try owner.write(.setting(Setting(user: user, name: ByteString("tone"), value: [UInt8(random.int(0...9))])))
        case ..<0.07:
            let seq = max(0, owner.machine.decidedOffset)
            try owner.add(.cursor(user: user, device: DeviceID(trusted: [100]), seq: seq, seen: 0))
        case ..<0.10: owner.forget(random.pick(devices).key)
        case ..<0.102:
            _ = logs[slot.index].append((0..<random.int(0...9)).map { _ in UInt8(random.int(0...255)) | 0x80 })
        default: break
        }
    }

    // MARK: The whole history

    /// `faultySteps` milliseconds of faults, calm, the oracle, loss, calm, the oracle.
    func run(faultySteps: Int = 700) throws {
        for owner in owners { try owner.start() }
        for _ in 0..<faultySteps { try step() }
        hasFaults = false
        for slot in logs.indices { logs[slot].blockedUntil = 0 }
        for owner in owners { owner.setRates(real: true) }
        for zombie in zombies { zombie.readChance = 0.5 }
        try calm(zombiesUntil: 150)
        try oracle.check(isCalm: isSettled)
        for slot in stores.indices { loseStore(slot) }
        try calm(zombiesUntil: 0)
        try oracle.check(isCalm: isSettled)
    }

    /// How much of each kind the history had.
    var summary: [String: Int] {
        var summary = count
        summary["records"] = logs.reduce(0) { $0 + $1.records.count }
        summary["milliseconds"] = time
        summary["accepted"] = oracle.outcomes.accepted
        summary["rejected"] = oracle.outcomes.rejected
        summary["histories with a mailbox cut by trimming"] = oracle.hasCutMailboxes ? 1 : 0
        return summary
    }

    private func loseStore(_ slot: Int) {
        let chance = random.unit()
        if chance < 0.4 {
            stores[slot].empty(keepsEpoch: true)
        } else if chance < 0.8 {
            _ = stores[slot].loseTail(&random)
        }
    }

    private func calm(zombiesUntil first: Int) throws {
        for step in 0..<2_500 {
            if step == first { for zombie in zombies { zombie.stop() } }
            if step >= first, step % 10 == 0, isSettled { return }
            try self.step()
        }
    }

    private var isSettled: Bool {
        guard landings.isEmpty, devices.allSatisfy(\.open.isEmpty), owners.allSatisfy({ $0.isAlive && $0.isIdle })
        else {
            return false
        }
        return owners.allSatisfy { owner in
            let store = stores[owner.slot.index].contents, last = logs[owner.slot.index].end - 1
            return owner.machine.isReady && store.offset == last && store.forwarded == last
        }
    }
}
