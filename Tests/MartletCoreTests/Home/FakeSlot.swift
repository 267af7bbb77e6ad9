@testable import MartletCore

/// A slot that has decided what the test says.
struct FakeSlot: SlotView {
    struct Pending {
        var offset: Offset
        var isFromLog: Bool
        var operation: MailboxOperation
    }

    var slot = Slot(3)
    var slotCount = 8
    var epoch: Epoch = 1
    var isReady = true
    var decidedOffset: Offset = 0
    var storedOffset: Offset = 0
    var pending: [Pending] = []
    var devices: [DeviceKey: DeviceState] = [:]

    func pendingOperations(of user: Key, above offset: Offset) -> [MailboxOperation] {
        pending.filter { ($0.offset > offset || !$0.isFromLog) && $0.operation.owner == user }.map(\.operation)
    }

    func deviceState(_ device: DeviceKey) -> DeviceState? { devices[device] }
}

extension MailboxOperation {
    var owner: Key {
        switch self {
        case .append(let user, _), .read(let user, _, _, _), .receipt(let user, _, _, _, _),
            .cursor(let user, _, _, _), .receipted(let user, _), .trimmed(let user, _, _):
            user
        }
    }
}

/// Mailboxes as the port describes them, in memory.
struct FakeStore {
    struct Mailbox {
        var entries: [Entry] = []
        var conversations: [ConversationState] = []
        var cursors: [DeviceID: Offset] = [:]
        var receipted: Offset = 0
        var floor: Offset = 0
        var head: Offset { entries.last?.seq ?? floor }
    }

    var offset: Offset = 0
    var mailboxes: [Key: Mailbox] = [:]

    mutating func apply(_ operation: MailboxOperation) {
        var box = mailboxes[operation.owner] ?? Mailbox()
        box.apply(operation)
        mailboxes[operation.owner] = box
    }

    func answer(_ query: MailboxQuery) -> MailboxAnswer {
        switch query {
        case .attach(let user, let device):
            let box = box(user)
            return .attach(
                AttachRow(
                    asOf: offset, forwarded: offset, head: box.head, floor: box.floor, cursor: box.cursors[device] ?? 0,
                    greatestCursor: box.cursors.values.max() ?? 0, receiptedUpTo: box.receipted))
        case .page(let user, let after, let most, _):
            let rest = box(user).entries.filter { $0.seq > after }
            return .page(
                MailboxPage(
                    asOf: offset, floor: box(user).floor, entries: Array(rest.prefix(most)), more: rest.count > most))
        case .history(let user, let peer, let before, let most, _):
            let rest = box(user).entries.reversed().filter {
                $0.conversation == peer && (before == 0 || $0.seq < before)
            }
            return .history(asOf: offset, entries: Array(rest.prefix(most)), more: rest.count > most)
        case .conversations(let user, let before, let most):
            let rest = box(user).conversations.filter { before == 0 || $0.lastSeq < before }
                .sorted { $0.lastSeq > $1.lastSeq }
            return .conversations(asOf: offset, Array(rest.prefix(most)), more: rest.count > most)
        case .changed(let user, let after, let most):
            let rest = box(user).conversations.filter { $0.changedAt > after }.sorted { $0.changedAt < $1.changedAt }
            return .conversations(asOf: offset, Array(rest.prefix(most)), more: rest.count > most)
        case .conversation(let user, let peer):
            return .conversation(asOf: offset, box(user).conversations.first { $0.peer == peer })
        case .entry(let user, let seq): return .entry(asOf: offset, box(user).entries.first { $0.seq == seq })
        case .headBefore(let user, let peer, let before):
            let last = box(user).entries.last { $0.conversation == peer && $0.seq < before }
            return .head(asOf: offset, last?.seq ?? 0)
        case .devices(let keys): return .devices(forwarded: offset, keys.map { _ in nil })
        case .checkpoint: return .checkpoint(forwarded: offset, rows: [])
        case .unreceipted:
            return .users(
                mailboxes.filter { ($0.value.cursors.values.max() ?? 0) > $0.value.receipted }.keys.sorted())
        }
    }

    private func box(_ user: Key) -> Mailbox { mailboxes[user] ?? Mailbox() }
}

extension FakeStore.Mailbox {
    mutating func apply(_ operation: MailboxOperation) {
        switch operation {
        case .append(_, var entry):
            entry.prev = head
            entry.prevInConversation = entries.last { $0.conversation == entry.conversation }?.seq ?? 0
            entries.append(entry)
            change(entry.conversation, made: true) { $0.append(entry) }
        case .read(_, let peer, let seq, let at):
            let unread = entries.count {
                $0.conversation == peer && $0.seq > seq && !$0.isOwnCopy && $0.content.type == .message
            }
            change(peer, made: false) {
                guard seq > $0.readUpTo else { return }
                $0.readUpTo = seq
                $0.unread = unread
                $0.changedAt = max($0.changedAt, at)
            }
        case .receipt(_, let peer, let received, let read, let at):
            change(peer, made: false) { _ = $0.receipt(received, read, at: at) }
        case .cursor(_, let device, let seq, _): cursors[device] = max(cursors[device] ?? 0, seq)
        case .receipted(_, let seq): receipted = max(receipted, seq)
        case .trimmed(_, _, let floor): self.floor = floor
        }
    }

    private mutating func change(_ peer: Peer, made: Bool, _ body: (inout ConversationState) -> Void) {
        if let place = conversations.firstIndex(where: { $0.peer == peer }) {
            body(&conversations[place])
        } else if made {
            var state = ConversationState(peer: peer)
            body(&state)
            conversations.append(state)
        }
    }
}
