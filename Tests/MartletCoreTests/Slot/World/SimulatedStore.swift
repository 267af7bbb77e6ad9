@testable import MartletCore

/// Store steps that compare less than they must: mutants.
struct StorePolicy: OptionSet, Sendable {
    let rawValue: Int
    static let ignoresEpoch = StorePolicy(rawValue: 1)
    static let ignoresForwarded = StorePolicy(rawValue: 2)
    static let comparesNothing = StorePolicy(rawValue: 4)
}

/// One slot's part of a mailbox store, as the port promises it, and ways to lose some or all of it.
struct SimulatedStore {
    struct Mailbox: Equatable {
        var entries: [Entry] = []
        var head: Offset = 0
        var floor: Offset = -1
        var reads: [Peer: Offset] = [:]
        var cursors: [DeviceID: Offset] = [:]
        var conversationHeads: [Peer: Offset] = [:]

        mutating func append(_ entry: Entry) {
            var entry = entry
            entry.prev = head
            entry.prevInConversation = conversationHeads[entry.conversation] ?? 0
            head = entry.seq
            conversationHeads[entry.conversation] = entry.seq
            entries.append(entry)
        }
    }

    struct State: Equatable {
        var fence: Epoch = 0
        var rules: UInt32 = 0
        var incoming: [Slot: UInt64] = [:]
        var outgoing: [Slot: UInt64] = [:]
        var devices: [DeviceKey: DeviceState] = [:]
        var settings: [Setting.Name: [UInt8]] = [:]
        var revocations: [String: Int64] = [:]

        mutating func apply(_ change: StateChange) {
            switch change {
            case .fence(let epoch, let rules): (self.fence, self.rules) = (epoch, rules)
            case .device(let device, let state): devices[device] = state
            case .forgotten(let device): devices[device] = nil
            case .incoming(let slot, let count): incoming[slot] = count
            case .outgoing(let slot, let count): outgoing[slot] = count
            case .setting(let user, let name, let value): settings[Setting.Name(user: user, name: name)] = value
            case .revoked(let user, let token, let before): revocations["\(user) \(token?.description ?? "")"] = before
            }
        }
    }

    struct Contents {
        var epoch: Epoch = 0
        var offset: Offset = -1
        var forwarded: Offset = -1
        var state = State()
        var mailboxes: [Key: Mailbox] = [:]
    }

    var contents = Contents()
    /// The last few states, which a crash may bring back.
    private(set) var past: [Contents] = []
    var policy: StorePolicy = []

    mutating func empty(keepsEpoch: Bool) {
        past = []
        contents = Contents(epoch: keepsEpoch ? contents.epoch : 0)
    }

    mutating func loseTail(_ random: inout SeededRandom) -> Bool {
        guard !past.isEmpty else { return false }
        let epoch = contents.epoch
        contents = random.pick(past)
        if random.chance(0.5) { contents.epoch = epoch }
        past = []
        return true
    }

    var head: StoredSlot {
        StoredSlot(
            epoch: contents.epoch, offset: contents.offset, forwarded: contents.forwarded,
            fence: contents.state.fence, rules: contents.state.rules,
            incoming: contents.state.incoming.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            outgoing: contents.state.outgoing.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    mutating func claim(_ epoch: Epoch) -> StepOutcome {
        guard epoch > contents.epoch else { return .deposed(by: contents.epoch) }
        contents.epoch = epoch
        return .applied
    }

    mutating func apply(_ step: StoreStep) -> StepOutcome {
        if let refusal = refusal(of: step) { return refusal }
        past = past.suffix(5) + [contents]
        if step.installsCheckpoint {
            contents.state = State()
            if step.offset > contents.offset { contents.mailboxes = [:] }
        }
        contents.offset = step.offset
        contents.forwarded = step.forwarded
        for change in step.state { contents.state.apply(change) }
        for operation in step.operations { apply(operation) }
        return .applied
    }

    private func refusal(of step: StoreStep) -> StepOutcome? {
        if policy.contains(.comparesNothing) { return nil }
        if step.epoch != contents.epoch, !policy.contains(.ignoresEpoch) { return .deposed(by: contents.epoch) }
        let isForwarded = contents.forwarded == step.expectedForwarded || policy.contains(.ignoresForwarded)
        if contents.offset == step.expectedOffset && isForwarded { return nil }
        return .unexpected(offset: contents.offset, forwarded: contents.forwarded)
    }

    private mutating func apply(_ operation: MailboxOperation) {
        switch operation {
        case .append(let user, let entry): contents.mailboxes[user, default: Mailbox()].append(entry)
        case .read(let user, let peer, let seq, _):
            let before = contents.mailboxes[user]?.reads[peer] ?? 0
            contents.mailboxes[user, default: Mailbox()].reads[peer] = max(before, seq)
        case .cursor(let user, let device, let seq, _):
            let before = contents.mailboxes[user]?.cursors[device] ?? 0
            contents.mailboxes[user, default: Mailbox()].cursors[device] = max(before, seq)
        case .trimmed(let user, let head, let floor):
            contents.mailboxes[user] = Mailbox(head: head, floor: floor)
        case .receipt, .receipted: break
        }
    }

    /// The decision state, and the mailbox heads as of `forwarded`.
    func checkpoint() -> [CheckpointRow] {
        let state = contents.state
        var rows: [CheckpointRow] = [.state(.fence(state.fence, rules: state.rules))]
        rows += head.incoming.map { .state(.incoming(from: $0.slot, $0.count)) }
        rows += head.outgoing.map { .state(.outgoing(to: $0.slot, $0.count)) }
        rows += state.devices.sorted { $0.key < $1.key }.map { .state(.device($0.key, $0.value)) }
        for (setting, value) in state.settings.sorted(by: { $0.key.user < $1.key.user }) {
            rows.append(.state(.setting(user: setting.user, name: setting.name, value: value)))
        }
        for (user, mailbox) in contents.mailboxes.sorted(by: { $0.key < $1.key }) {
            let last = mailbox.entries.last { $0.seq <= contents.forwarded }?.seq
            let first = mailbox.entries.first?.prev ?? mailbox.head
            rows.append(.mailbox(user: user, head: last ?? first, floor: mailbox.floor))
        }
        return rows
    }
}

extension Setting {
    struct Name: Hashable {
        let user: Key
        let name: ByteString
    }
}
