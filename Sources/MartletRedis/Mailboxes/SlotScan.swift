import MartletCore

/// Reads a whole slot, some rows a script call, so that no call holds up the server for long. Where the decision state
/// moved on between two calls it begins anew with larger pieces, at last with all in one call: so it ends.
final class SlotScan: Sendable {
    private enum Part: UInt8 { case state = 0x64, users = 0x75 }

    /// What was gathered so far, and of which decision state.
    private struct Progress: Sendable {
        var rowsPerCall: Int
        var part: Part
        var cursor: [UInt8] = Array("0".utf8)
        var mark: [UInt8]?
        var forwarded: Offset = -1
        var states: [[UInt8]: StateChange] = [:]
        var mailboxes: [Key: ScannedMailbox] = [:]
    }

    private struct ScannedMailbox: Sendable {
        var head: Offset
        var floor: Offset
        var owesReceipts: Bool
    }

    static let rowsPerCall = 512

    private let store: StoreClient
    private let slot: Slot

    init(_ store: StoreClient, _ slot: Slot) {
        self.store = store
        self.slot = slot
    }

    /// The decision state by its fields, then the mailboxes' heads as of `forwarded` by user.
    func checkpoint(_ done: @escaping MailboxReader.Done) {
        next(Progress(rowsPerCall: SlotScan.rowsPerCall, part: .state), isConsistent: true) { [self] result in
            switch result {
            case .failure(let error): done(.failure(error))
            case .success(let progress): addCounts(to: progress, done)
            }
        }
    }

    func unreceipted(_ done: @escaping MailboxReader.Done) {
        next(Progress(rowsPerCall: SlotScan.rowsPerCall, part: .users), isConsistent: false) { result in
            done(result.map { progress in .users(progress.mailboxes.filter(\.value.owesReceipts).keys.sorted()) })
        }
    }

    private func next(
        _ progress: Progress, isConsistent: Bool, _ done: @escaping @Sendable (Result<Progress, StoreError>) -> Void
    ) {
        let arguments = [[progress.part.rawValue], progress.cursor, StoreClient.text(Int64(progress.rowsPerCall))]
        let key = store.key(of: slot)
        let decode: @Sendable (RedisReply) throws(StoreError) -> Progress? = { (reply) throws(StoreError) in
            try SlotScan.add(reply, to: progress, isConsistent: isConsistent)
        }
        store.run(MailboxScripts.scan, key: key, arguments, decode) { [self] result in
            switch result {
            case .failure(let error): done(.failure(error))
            case .success(nil):
                let larger = progress.rowsPerCall > 1 << 20 ? 1 << 40 : progress.rowsPerCall * 4
                next(Progress(rowsPerCall: larger, part: .state), isConsistent: true, done)
            case .success(let after?): goOn(after, isConsistent, done)
            }
        }
    }

    private func goOn(
        _ progress: Progress, _ isConsistent: Bool, _ done: @escaping @Sendable (Result<Progress, StoreError>) -> Void
    ) {
        if progress.cursor != Array("0".utf8) { return next(progress, isConsistent: isConsistent, done) }
        guard progress.part == .state else { return done(.success(progress)) }
        var users = progress
        users.part = .users
        next(users, isConsistent: isConsistent, done)
    }

    /// Nil: the decision state is another than that of the calls before.
    private static func add(
        _ reply: RedisReply, to progress: Progress, isConsistent: Bool
    ) throws(StoreError) -> Progress? {
        var progress = progress
        let parts = try reply.array("scan", atLeast: 5)
        let mark = try parts[2].bytes("scan")
        if isConsistent, let before = progress.mark, before != mark { return nil }
        progress.mark = mark
        progress.forwarded = try parts[1].integer("forwarded")
        progress.cursor = try parts[3].bytes("scan")
        for (field, value) in try parts[4].pairs("scan") {
            switch progress.part {
            case .state: progress.states[field] = try MailboxFields.change(field, try value.bytes("decision state"))
            case .users: progress.mailboxes[try key(field)] = try mailbox(value)
            }
        }
        return progress
    }

    private static func key(_ field: [UInt8]) throws(StoreError) -> Key {
        guard (1...Key.maxBytes).contains(field.count) else { throw .unreadable("user") }
        return Key(trusted: field)
    }

    private static func mailbox(_ value: RedisReply) throws(StoreError) -> ScannedMailbox {
        let numbers = try value.array("mailbox", atLeast: 3)
        return ScannedMailbox(
            head: try numbers[0].integer("mailbox"), floor: try numbers[1].integer("mailbox"),
            owesReceipts: try numbers[2].integer("mailbox") == 1)
    }

    /// Fence, rules and counts come with the slot's head; a head of another decision state begins all anew.
    private func addCounts(to progress: Progress, _ done: @escaping MailboxReader.Done) {
        let decode: @Sendable (RedisReply) throws(StoreError) -> StoredSlot = { (reply) throws(StoreError) in
            try StoredSlot(reply: reply)
        }
        store.run(MailboxScripts.head, key: store.key(of: slot), [], decode) { [self] result in
            switch result {
            case .failure(let error): done(.failure(error))
            case .success(let head) where head.forwarded != progress.forwarded: checkpoint(done)
            case .success(let head):
                done(.success(.checkpoint(forwarded: head.forwarded, rows: SlotScan.rows(progress, head))))
            }
        }
    }

    private static func rows(_ progress: Progress, _ head: StoredSlot) -> [CheckpointRow] {
        var rows: [CheckpointRow] = [.state(.fence(head.fence, rules: head.rules))]
        rows += head.incoming.map { .state(.incoming(from: $0.slot, $0.count)) }
        rows += head.outgoing.map { .state(.outgoing(to: $0.slot, $0.count)) }
        let states = progress.states.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        rows += states.map { .state($0.value) }
        let mailboxes = progress.mailboxes.sorted { $0.key < $1.key }
        for (user, mailbox) in mailboxes where mailbox.head > 0 || mailbox.floor > 0 {
            rows.append(.mailbox(user: user, head: mailbox.head, floor: mailbox.floor))
        }
        return rows
    }
}
