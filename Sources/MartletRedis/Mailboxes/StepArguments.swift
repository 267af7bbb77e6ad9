import MartletCore

/// A step as the one argument of `StepScript`: an array of epoch, expected offset and forwarded, offset, forwarded,
/// 1 where a checkpoint is installed, fence (-1: none) and rules, counts and rows of the decision state as fields and
/// values in turn, fields to remove, users with their operations, then the limits: entries, bytes, seconds, and the
/// time in milliseconds where a test says it, else 0.
struct StepArguments {
    private enum Kind: Int { case append = 1, read, receipt, cursor, receipted, trimmed }

    /// Operations of one user, in order.
    private struct UserPart {
        var user: Key
        var count = 0
        var writer = MessagePackWriter()

        init(user: Key) { self.user = user }

        mutating func begin(_ kind: Kind, _ values: Int) {
            writer.integer(kind.rawValue)
            count += values + 1
        }
    }

    private var users: [UserPart] = []
    private var indices: [Key: Int] = [:]
    private var state = StepState()
    private var writer = MessagePackWriter()

    static func encode(
        _ step: StoreStep, _ configuration: RedisStoresConfiguration, clockMilliseconds: Int64
    ) throws(StoreError) -> [UInt8] {
        var arguments = StepArguments()
        for operation in step.operations { try arguments.add(operation) }
        for change in step.state { try arguments.state.add(change) }
        try arguments.write(step)
        arguments.writeLimits(configuration.limits, clockMilliseconds)
        let bytes = arguments.writer.bytes
        guard bytes.count <= configuration.maxStepBytes else {
            throw .refused(
                "a step of slot \(step.slot) has \(bytes.count) bytes, more than \(configuration.maxStepBytes)")
        }
        return bytes
    }

    private mutating func write(_ step: StoreStep) throws(StoreError) {
        writer.array(16)
        writer.integer(try StoreNumber.checked(step.epoch, "epoch"))
        for offset in [step.expectedOffset, step.expectedForwarded, step.offset, step.forwarded] {
            writer.integer(try StoreNumber.checked(offset, "offset"))
        }
        writer.integer(step.installsCheckpoint ? 1 : 0)
        state.write(into: &writer)
        writer.array(users.count)
        for part in users {
            writer.array(2)
            writer.string(part.user.bytes)
            writer.array(part.count)
            writer.append(part.writer)
        }
    }

    private mutating func writeLimits(_ limits: Limits, _ clockMilliseconds: Int64) {
        writer.integer(limits.mailboxEntries)
        writer.integer(limits.mailboxBytes)
        writer.integer(limits.mailboxMilliseconds / 1_000)
        writer.integer(clockMilliseconds)
    }

    // MARK: Operations

    private mutating func add(_ operation: MailboxOperation) throws(StoreError) {
        switch operation {
        case .append(let user, let entry): try append(entry, to: user)
        case .read(let user, let peer, let seq, let at):
            try add(.read, user, field: MailboxFields.conversation(peer), [seq, at])
        case .receipt(let user, let peer, let received, let read, let at):
            try add(.receipt, user, field: MailboxFields.conversation(peer), [received, read, at])
        case .cursor(let user, let device, let seq, let seen):
            let seconds = min(max(seen / 1_000, 0), 0xFFFF_FFFF)
            try add(.cursor, user, field: MailboxFields.cursor(device), [seq, seconds])
        case .receipted(let user, let seq): try add(.receipted, user, field: nil, [seq])
        case .trimmed(let user, let head, let floor): try add(.trimmed, user, field: nil, [head, floor])
        }
    }

    private mutating func add(_ kind: Kind, _ user: Key, field: [UInt8]?, _ numbers: [Offset]) throws(StoreError) {
        let index = part(of: user)
        users[index].begin(kind, numbers.count + (field == nil ? 0 : 1))
        if let field { users[index].writer.string(field) }
        for number in numbers { users[index].writer.integer(try StoreNumber.checked(number, "seq")) }
    }

    private mutating func append(_ entry: Entry, to user: Key) throws(StoreError) {
        let index = part(of: user)
        users[index].begin(.append, 5)
        users[index].writer.string(MailboxFields.conversation(entry.conversation))
        users[index].writer.integer(try StoreNumber.checked(entry.seq, "seq"))
        users[index].writer.integer(StoredEntry.seconds(entry))
        users[index].writer.integer(!entry.isOwnCopy && entry.content.type == .message ? 1 : 0)
        users[index].writer.string(StoredEntry.encode(entry, user: user))
    }

    private mutating func part(of user: Key) -> Int {
        if let index = indices[user] { return index }
        indices[user] = users.count
        users.append(UserPart(user: user))
        return users.count - 1
    }
}
