@testable import MartletCore

/// What was sent and told, and whether the mailboxes keep what was promised:
/// 1 what was accepted is in the sender's and, when calm, in the recipient's mailbox; 2 nothing that was not sent, or
/// was rejected, is in one; 3 nothing twice; 4 in order; 5 all comes to rest; 6 one answer per message, whoever gives
/// it; 7 the stores hold what the whole logs decide, however often they were lost.
final class SlotOracle {
    struct Accepted: Equatable {
        let id: MessageID
        let seq: Offset
    }

    enum Told: Equatable {
        /// Nil: from a `welcome`, which does not say which.
        case accepted(Accepted?)
        case rejected
    }

    private struct Sent {
        let from: DeviceKey
        let serial: Int
        let to: Key
    }

    private struct Pushed {
        let slot: Slot
        let user: Key
        let entry: Entry
    }

    private unowned let world: SlotWorld
    private var messages: [String: Sent] = [:]
    private var answers: [String: Told] = [:]
    private var pushes: [Pushed] = []
    /// Up to where the loss of store and log together allows mailboxes to be cut, by slot.
    private var floors: [Slot: Offset] = [:]
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ world: SlotWorld) { self.world = world }

    // MARK: What happens

    func sent(_ message: String, from: DeviceKey, serial: Int, to: Key) {
        messages[message] = Sent(from: from, serial: serial, to: to)
    }

    func recipient(of message: String) -> Key { messages[message]!.to }

    func told(_ message: String, _ answer: Told) throws {
        mix(message.utf8)
        mix("\(answer)".utf8)
        guard let before = answers[message] else { return answers[message] = answer }
        switch (before, answer) {
        case (.rejected, .rejected), (.accepted, .accepted(nil)): break
        case (.accepted(nil), .accepted): answers[message] = answer
        case (.accepted(let a), .accepted(let b)) where a == b: break
        default: throw Broken(6, "two answers for \(message): \(before), \(answer)")
        }
    }

    func pushed(_ entry: Entry, to user: Key, in slot: Slot) throws {
        pushes.append(Pushed(slot: slot, user: user, entry: entry))
    }

    func mailboxesMayBegin(behind offset: Offset, in slot: Slot) {
        floors[slot] = max(floors[slot] ?? -1, offset)
    }

    private func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    var outcomes: (accepted: Int, rejected: Int) {
        let rejected = answers.values.count { $0 == .rejected }
        return (answers.count - rejected, rejected)
    }

    var hasCutMailboxes: Bool { !floors.isEmpty }

    // MARK: The truth

    /// What the whole logs decide, as if nothing had ever been lost.
    private struct Truth {
        var mailboxes: [Key: SimulatedStore.Mailbox] = [:]
        var states: [SlotState] = []
        var settings: [Slot: [Setting.Name: [UInt8]]] = [:]
    }

    private func truth() -> Truth {
        var truth = Truth()
        for slot in 0..<world.slotCount { decide(Slot(slot), &truth) }
        return truth
    }

    private func decide(_ slot: Slot, _ truth: inout Truth) {
        var state = SlotState(
            slotCount: world.slotCount, window: world.tuning.outcomeWindow, policy: world.mutant.policy)
        for (offset, bytes) in world.logs[slot.index].records.enumerated() {
            guard case .record(let record) = world.codec.decode(bytes) else { continue }
            if let missing = state.missingDevice(record, at: Offset(offset)) {
                _ = state.devices.insert(missing, DeviceState())
            }
            let offset = Offset(offset)
            let decision = state.decide(record, at: offset, in: slot, slotOf: world.slotOf)
            apply(decision, record, at: offset, slot, &truth)
        }
        truth.states.append(state)
    }

    private func apply(
        _ decision: SlotDecision, _ record: Record, at offset: Offset, _ slot: Slot, _ truth: inout Truth
    ) {
        switch (decision, record.body) {
        case (.accepted(_, let delivery), .posted(let posted)):
            truth.mailboxes[posted.sender.user, default: .init()].append(posted.ownCopy(at: offset, time: record.time))
            guard delivery == .here else { return }
            truth.mailboxes[posted.to.key, default: .init()].append(posted.received(at: offset, time: record.time))
        case (.incoming, .incoming(let incoming)):
            truth.mailboxes[incoming.to, default: .init()].append(incoming.received(at: offset))
        case (.read, .read(let mark)):
            let before = truth.mailboxes[mark.user]?.reads[mark.conversation] ?? 0
            truth.mailboxes[mark.user, default: .init()].reads[mark.conversation] = max(before, mark.seq)
        case (.setting, .setting(let setting)):
            truth.settings[slot, default: [:]][Setting.Name(user: setting.user, name: setting.name)] = setting.value
        default: break
        }
    }

    // MARK: The checks

    func check(isCalm: Bool) throws {
        let truth = truth()
        try checkMailboxes(truth.mailboxes, "log")
        for store in world.stores { try checkMailboxes(store.contents.mailboxes, "store") }
        try checkAnswers(truth, isCalm: isCalm)
        guard isCalm else { throw Broken(5, "no end: \(unsettled)") }
        try checkCounters(truth)
        try checkStores(truth)
        try checkPushes(truth)
        mixMailboxes(truth)
    }

    private var unsettled: String {
        let open = world.devices.filter { !$0.open.isEmpty }.prefix(2).map { "\($0.key): \($0.open.keys.sorted())" }
        let stores = world.stores.indices.map { slot in
            let contents = world.stores[slot].contents
            return
                "\(contents.offset)/\(contents.forwarded)/\(world.logs[slot].end) \(world.owners[slot].machine.isReady)"
        }
        return "open \(open), stores \(stores)"
    }

    /// Points 2, 3 and 4.
    private func checkMailboxes(_ mailboxes: [Key: SimulatedStore.Mailbox], _ place: String) throws {
        for (user, mailbox) in mailboxes.sorted(by: { $0.key < $1.key }) {
            var seen: Set<String> = [], lastSerial: [DeviceKey: Int] = [:], lastSeq: Offset = -1
            for entry in mailbox.entries {
                let message = String(decoding: entry.content.body, as: UTF8.self)
                let found = "\(message) in the mailbox of \(user) (\(place))"
                guard let sent = messages[message], user == sent.from.user || user == sent.to else {
                    throw Broken(2, "\(found) was not sent there")
                }
                if answers[message] == .rejected { throw Broken(2, "\(found) was told rejected") }
                guard seen.insert(message).inserted else { throw Broken(3, "\(found) is there twice") }
                guard entry.seq > lastSeq, sent.serial > lastSerial[sent.from] ?? 0 else {
                    throw Broken(4, "\(found), seq \(entry.seq), is out of order")
                }
                lastSeq = entry.seq
                lastSerial[sent.from] = sent.serial
            }
        }
    }

    /// Points 1 and 6.
    private func checkAnswers(_ truth: Truth, isCalm: Bool) throws {
        var places: [Key: [String: Entry]] = [:]
        for (user, mailbox) in truth.mailboxes {
            places[user] = Dictionary(
                mailbox.entries.map { (String(decoding: $0.content.body, as: UTF8.self), $0) },
                uniquingKeysWith: { first, _ in first })
        }
        for (message, answer) in answers.sorted(by: { $0.key < $1.key }) {
            guard case .accepted(let named) = answer, let sent = messages[message] else { continue }
            let own = places[sent.from.user]?[message], other = places[sent.to]?[message]
            guard let own else { throw Broken(1, "\(message), told accepted, is not in its sender's mailbox") }
            guard other != nil || !isCalm else { throw Broken(1, "\(message), told accepted, is not at \(sent.to)") }
            guard named == nil || named == Accepted(id: own.id, seq: own.seq) else {
                throw Broken(6, "\(message): told \(String(describing: named)), is \(own.id) at \(own.seq)")
            }
        }
    }

    private func checkCounters(_ truth: Truth) throws {
        for a in 0..<world.slotCount {
            for b in 0..<world.slotCount where truth.states[a].outgoing[b] != truth.states[b].incoming[a] {
                throw Broken(5, "slot \(a) derived other than \(b) has taken")
            }
        }
    }

    /// Point 7: mailboxes, chains, read marks and decision state.
    private func checkStores(_ truth: Truth) throws {
        for user in world.users {
            let slot = world.slotOf(user), floor = floors[slot] ?? -1
            let stored = world.stores[slot.index].contents.mailboxes[user] ?? .init()
            let whole = truth.mailboxes[user] ?? .init()
            let got = stored.entries.filter { $0.seq > floor }, want = whole.entries.filter { $0.seq > floor }
            guard got.map(known(above: floor)) == want.map(known(above: floor)) else {
                throw Broken(7, "mailbox of \(user): \(got.map(\.seq)) is not \(want.map(\.seq)), floor \(floor)")
            }
            guard floor >= 0 || stored.reads == whole.reads else { throw Broken(7, "read marks of \(user)") }
        }
        for slot in 0..<world.slotCount { try checkState(Slot(slot), truth) }
    }

    /// Heads of conversations behind the floor are lost with the mailbox.
    private func known(above floor: Offset) -> (Entry) -> Entry {
        { entry in
            guard floor >= 0, entry.prevInConversation.map({ $0 <= floor }) == true else { return entry }
            var entry = entry
            entry.prevInConversation = nil
            return entry
        }
    }

    private func checkState(_ slot: Slot, _ truth: Truth) throws {
        let stored = world.stores[slot.index].contents.state, state = truth.states[slot.index]
        var want = SimulatedStore.State(fence: state.fence, rules: state.rules)
        for other in 0..<world.slotCount {
            if state.incoming[other] > 0 { want.incoming[Slot(other)] = state.incoming[other] }
            if state.outgoing[other] > 0 { want.outgoing[Slot(other)] = state.outgoing[other] }
        }
        for device in world.devices {
            guard let row = state.devices.row(of: device.key) else { continue }
            let known = state.devices[row].state(at: state.devices[row].last, window: world.tuning.outcomeWindow)
            if known.last > 0 { want.devices[device.key] = known }
        }
        want.settings = truth.settings[slot] ?? [:]
        guard stored == want else { throw Broken(7, "state of slot \(slot): \(stored) is not \(want)") }
    }

    /// Whatever anybody pushed is in the mailbox as the log decides it.
    private func checkPushes(_ truth: Truth) throws {
        var entries: [Key: [Offset: Entry]] = [:]
        for (user, mailbox) in truth.mailboxes {
            entries[user] = Dictionary(mailbox.entries.map { ($0.seq, $0) }, uniquingKeysWith: { first, _ in first })
        }
        for push in pushes {
            var entry = entries[push.user]?[push.entry.seq]
            entry?.prev = nil
            entry?.prevInConversation = nil
            guard entry == push.entry else { throw Broken(7, "pushed to \(push.user): \(push.entry)") }
        }
        pushes.removeAll()
    }

    private func mixMailboxes(_ truth: Truth) {
        for (user, mailbox) in truth.mailboxes.sorted(by: { $0.key < $1.key }) {
            mix(user.bytes)
            for entry in mailbox.entries { mix("\(entry.seq) \(entry.prev ?? -1) \(entry.id)".utf8) }
        }
    }
}
