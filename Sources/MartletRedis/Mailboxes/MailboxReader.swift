import MartletCore

/// Asks the scripts, and makes answers of what they say.
struct MailboxReader: Sendable {
    typealias Done = @Sendable (Result<MailboxAnswer, StoreError>) -> Void

    /// More is never asked of one script call, whatever the caller says; the answer then says that there is more.
    static let maxEntries = 4_096, maxBytes = 8 * 1024 * 1024

    let store: StoreClient

    init(_ store: StoreClient) { self.store = store }

    func answer(_ query: MailboxQuery, in slot: Slot, done: @escaping Done) {
        switch query {
        case .attach(let user, let device): attach(slot, user, device, done)
        case .page(let user, let after, let maxEntries, let maxBytes):
            page(slot, user, after, PageLimits(maxEntries, maxBytes), done)
        case .history(let user, let peer, let before, let maxEntries, let maxBytes):
            history(slot, user, peer, before, PageLimits(maxEntries, maxBytes), done)
        case .conversations(let user, let before, let max):
            conversations(slot, user, done) { $0.before(before, max: max) }
        case .changed(let user, let after, let max):
            conversations(slot, user, done) { $0.changed(after: after, max: max) }
        case .conversation(let user, let peer): conversation(slot, user, peer, done)
        case .entry(let user, let seq): entry(slot, user, seq, done)
        case .headBefore(let user, let peer, let before): headBefore(slot, user, peer, before, done)
        case .devices(let devices): self.devices(slot, devices, done)
        case .checkpoint: SlotScan(store, slot).checkpoint(done)
        case .unreceipted: SlotScan(store, slot).unreceipted(done)
        }
    }

    /// Runs a script that answers stored offset and forwarded, and `count` values behind them.
    private func run(
        _ script: RedisScript, _ slot: Slot, _ arguments: [[UInt8]], values count: Int, _ done: @escaping Done,
        _ decode: @escaping @Sendable (StoredAs, [RedisReply]) throws(StoreError) -> MailboxAnswer
    ) {
        let decodeAll: @Sendable (RedisReply) throws(StoreError) -> MailboxAnswer = {
            (reply) throws(StoreError) -> MailboxAnswer in
            let parts = try reply.array("answer", atLeast: 2 + count)
            let stored = StoredAs(offset: try parts[0].integer("offset"), forwarded: try parts[1].integer("forwarded"))
            return try decode(stored, Array(parts.dropFirst(2)))
        }
        store.run(script, key: store.key(of: slot), arguments, decodeAll, done: done)
    }

    private func attach(_ slot: Slot, _ user: Key, _ device: DeviceID, _ done: @escaping Done) {
        let state = MailboxFields.device(DeviceKey(user: user, device: device))
        run(
            MailboxScripts.attach, slot, [user.bytes, MailboxFields.cursor(device), state], values: 3, done
        ) { (stored, values) throws(StoreError) in
            var row = AttachRow(asOf: stored.offset, forwarded: stored.forwarded)
            if let packed = try values[0].optionalBytes("mailbox") {
                let mailbox = try StoredMailbox(packed)
                (row.head, row.floor) = (mailbox.head, mailbox.floor)
                (row.greatestCursor, row.receiptedUpTo) = (mailbox.greatestCursor, mailbox.receiptedUpTo)
            }
            if let packed = try values[1].optionalBytes("cursor") {
                row.cursor = try MessagePackReader.row(packed, 2, "cursor")[0]
            }
            row.device = try MailboxReader.device(values[2])
            return .attach(row)
        }
    }

    private func page(_ slot: Slot, _ user: Key, _ after: Offset, _ limits: PageLimits, _ done: @escaping Done) {
        let arguments = [user.bytes, StoreClient.text(StoreNumber.clamped(max(after, 0)))] + limits.arguments
        run(MailboxScripts.page, slot, arguments, values: 2, done) { (stored, values) throws(StoreError) in
            let (entries, more) = try limits.page(try values[1].array("page"), user)
            return .page(
                MailboxPage(asOf: stored.offset, floor: try values[0].integer("floor"), entries: entries, more: more))
        }
    }

    private func history(
        _ slot: Slot, _ user: Key, _ peer: Peer, _ before: Offset, _ limits: PageLimits, _ done: @escaping Done
    ) {
        let before = StoreClient.text(StoreNumber.clamped(max(before, 0)))
        let arguments = [user.bytes, MailboxFields.conversation(peer), before] + limits.arguments
        run(MailboxScripts.history, slot, arguments, values: 1, done) { (stored, values) throws(StoreError) in
            let (entries, more) = try limits.page(try values[0].array("history"), user)
            return .history(asOf: stored.offset, entries: entries, more: more)
        }
    }

    private func conversations(
        _ slot: Slot, _ user: Key, _ done: @escaping Done,
        _ select: @escaping @Sendable (StoredConversations) -> (states: [ConversationState], more: Bool)
    ) {
        run(MailboxScripts.conversations, slot, [user.bytes], values: 1, done) { (stored, values) throws(StoreError) in
            let (states, more) = select(try StoredConversations(try values[0].pairs("conversations")))
            return .conversations(asOf: stored.offset, states, more: more)
        }
    }

    private func conversation(_ slot: Slot, _ user: Key, _ peer: Peer, _ done: @escaping Done) {
        let arguments = [user.bytes, MailboxFields.conversation(peer)]
        run(MailboxScripts.conversation, slot, arguments, values: 1, done) { (stored, values) throws(StoreError) in
            guard let packed = try values[0].optionalBytes("conversation") else {
                return .conversation(asOf: stored.offset, nil)
            }
            return .conversation(asOf: stored.offset, try StoredConversations.state(packed, peer))
        }
    }

    private func entry(_ slot: Slot, _ user: Key, _ seq: Offset, _ done: @escaping Done) {
        let arguments = [user.bytes, StoreClient.text(StoreNumber.clamped(seq))]
        run(MailboxScripts.entry, slot, arguments, values: 1, done) { (stored, values) throws(StoreError) in
            guard let bytes = try values[0].optionalBytes("entry") else { return .entry(asOf: stored.offset, nil) }
            return .entry(asOf: stored.offset, try StoredEntry.decode(bytes, user: user))
        }
    }

    private func headBefore(_ slot: Slot, _ user: Key, _ peer: Peer, _ before: Offset, _ done: @escaping Done) {
        let before = StoreClient.text(StoreNumber.clamped(max(before, 0)))
        let arguments = [user.bytes, MailboxFields.conversation(peer), before]
        run(MailboxScripts.headBefore, slot, arguments, values: 1, done) { (stored, values) throws(StoreError) in
            .head(asOf: stored.offset, try values[0].integer("head"))
        }
    }

    private func devices(_ slot: Slot, _ devices: [DeviceKey], _ done: @escaping Done) {
        run(MailboxScripts.devices, slot, devices.map { MailboxFields.device($0) }, values: 1, done) {
            (stored, values) throws(StoreError) in
            let found = try values[0].array("devices")
            guard found.count == devices.count else { throw .unreadable("devices") }
            var states: [DeviceState?] = []
            for value in found { states.append(try MailboxReader.device(value)) }
            return .devices(forwarded: stored.forwarded, states)
        }
    }

    private static func device(_ value: RedisReply) throws(StoreError) -> DeviceState? {
        guard let bytes = try value.optionalBytes("device") else { return nil }
        do { return try MailboxFields.deviceState(bytes) } catch { throw .unreadable("device") }
    }
}

/// What an answer is as of.
struct StoredAs: Sendable {
    var offset: Offset
    var forwarded: Offset
}
