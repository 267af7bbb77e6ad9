@testable import MartletCore

/// Clients that do not keep to the rules: mutants.
struct DevicePolicy: OptionSet, Sendable {
    let rawValue: Int
    /// What is at or below `last` at a reconnect counts as accepted, rejected or not.
    static let takesAllAsAccepted = DevicePolicy(rawValue: 1)
    /// A rejected number is used again, and what lies behind it moves down.
    static let renumbers = DevicePolicy(rawValue: 2)
}

/// One device: gives out numbers, sends again, reconnects, and tells the oracle what it was told.
final class SimulatedDevice {
    unowned let world: SlotWorld
    let key: DeviceKey
    private let slot: Slot
    private var next: ClientSequence = 1
    private var serial = 0
    /// Unanswered, and all messages by number.
    private(set) var open: [ClientSequence: String] = [:]
    private var names: [ClientSequence: String] = [:]
    private var cursor: ClientSequence = 1
    private var highestAnswered: ClientSequence = 0

    init(_ world: SlotWorld, _ key: DeviceKey) {
        self.world = world
        self.key = key
        slot = world.slotOf(key.user)
    }

    private var lowest: ClientSequence { open.keys.min() ?? next }

    func act() throws {
        if world.hasFaults, world.random.chance(world.composeChance), next < lowest + world.tuning.outcomeWindow {
            compose()
        }
        guard !open.isEmpty else { return }
        if world.random.chance(0.3) { sendNext() }
        let chance = world.random.unit()
        if chance < 0.02 {
            cursor = lowest  // its patience is over: all again from the first
        } else if chance < 0.03 {
            reconnect()
        }
    }

    private func compose() {
        serial += 1
        let message = "\(key)#\(serial)"
        world.oracle.sent(message, from: key, serial: serial, to: world.random.pick(world.users))
        open[next] = message
        names[next] = message
        next += 1
    }

    private func sendNext() {
        while cursor < next, open[cursor] == nil { cursor += 1 }
        guard let message = open[cursor] else { return }
        let send = TakenSend(posted: posted(cursor, message), rejection: world.random.chance(0.03) ? .forbidden : nil)
        let owner = world.random.pick(world.owners(of: slot))
        cursor += 1
        world.post { try owner.take(send) }
    }

    private func posted(_ n: ClientSequence, _ message: String) -> Posted {
        world.nextID += 1
        return Posted(
            sender: key, clientSequence: n, to: Peer(.user, world.oracle.recipient(of: message)),
            id: MessageID(world.nextID), content: MessageContent(type: .message, body: Array(message.utf8)))
    }

    private func reconnect() {
        let owner = world.random.pick(world.owners(of: slot))
        world.post { [self] in
            try owner.attach(key) { [self] in
                guard owner.machine.isReady, let state = owner.machine.deviceState(key) else { return }
                world.post { [self] in try welcomed(state) }
            }
        }
    }

    /// `welcome` settles what is open up to the last number that was decided.
    private func welcomed(_ state: DeviceState) throws {
        for n in open.keys.sorted() where n <= state.last {
            let place = state.outcomes.count - 1 - Int(state.last - n)
            guard place >= 0 else { throw Broken(6, "\(key) \(n): no outcome in \(state)") }
            if case .rejected = state.outcomes[place], !world.mutant.device.contains(.takesAllAsAccepted) {
                try settle(n, .rejected)
            } else {
                try settle(n, .accepted(nil))
            }
        }
    }

    func answered(_ n: ClientSequence, _ answer: SendAnswer) throws {
        switch answer {
        case .accepted(let id, let seq, _, _): try settle(n, .accepted(.init(id: id, seq: seq)))
        case .rejected:
            if world.mutant.device.contains(.renumbers) { return try renumber(n) }
            try settle(n, .rejected)
        case .outOfOrder(let expected): cursor = max(expected, lowest)
        case .temporary: cursor = lowest
        }
    }

    private func settle(_ n: ClientSequence, _ answer: SlotOracle.Told) throws {
        guard let message = open[n] ?? names[n] else { return }
        try world.oracle.told(message, answer)
        highestAnswered = max(highestAnswered, n)
        open[n] = nil
    }

    private func renumber(_ n: ClientSequence) throws {
        guard highestAnswered <= n, let message = open.removeValue(forKey: n) else { return }
        try world.oracle.told(message, .rejected)
        for later in open.keys.sorted() where later > n {
            open[later - 1] = open.removeValue(forKey: later)
            names[later - 1] = open[later - 1]
        }
        next -= 1
        cursor = min(cursor, n)
    }
}
