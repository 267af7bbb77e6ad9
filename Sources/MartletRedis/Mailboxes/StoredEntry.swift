import MartletCore

/// An entry as an element of a mailbox's list: a header that scripts write and read, eight integers of MessagePack
/// (format 1, seq, seq less prev, seq less prevInConversation, position less that of the conversation's entry before,
/// position less that of the one to jump to, incoming messages of the conversation so far, seconds since 1970), then
/// what scripts pass on unread. Names that the reader knows are left out.
enum StoredEntry {
    private enum Flag {
        static let fromOwner: UInt8 = 1, conversationWithSender: UInt8 = 2, actor: UInt8 = 4, origin: UInt8 = 8
        static let target: UInt8 = 16, expires: UInt8 = 32, source: UInt8 = 64
    }

    /// Seconds for retention; what is out of range counts as its nearest end.
    static func seconds(_ entry: Entry) -> Int64 { min(max(entry.time / 1_000, 0), 0xFFFF_FFFF) }

    static func encode(_ entry: Entry, user: Key) -> [UInt8] {
        var writer = ByteWriter(reserving: entry.content.body.count + 96)
        let isFromOwner = entry.from == user
        let isWithSender = entry.conversation == Peer(.user, entry.from)
        var flags: UInt8 = 0
        if isFromOwner { flags |= Flag.fromOwner }
        if isWithSender { flags |= Flag.conversationWithSender }
        if entry.actor != nil { flags |= Flag.actor }
        if entry.origin != nil { flags |= Flag.origin }
        if entry.content.target != nil { flags |= Flag.target }
        if entry.content.expiresAt != 0 { flags |= Flag.expires }
        if entry.sourceSeq != 0 { flags |= Flag.source }
        writer.byte(flags)
        writer.byte(entry.content.type.rawValue)
        writer.varint(entry.id.rawValue)
        writer.signed(entry.time - seconds(entry) * 1_000)
        if !isFromOwner { writer.key(entry.from) }
        if !isWithSender { writer.peer(entry.conversation) }
        if let actor = entry.actor { writer.key(actor) }
        if let origin = entry.origin {
            writer.prefixed(origin.device.bytes)
            writer.varint(origin.clientSequence)
        }
        if let target = entry.content.target {
            writer.varint(target.id.rawValue)
            writer.signed(target.seq)
        }
        if entry.content.expiresAt != 0 { writer.signed(entry.content.expiresAt) }
        if entry.sourceSeq != 0 { writer.signed(entry.sourceSeq) }
        writer.raw(entry.content.body)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8], user: Key) throws(StoreError) -> Entry {
        var header = MessagePackReader(bytes)
        let numbers = try header.row(7, "entry")
        let (seq, prev, prevInConversation) = (numbers[0], numbers[0] &- numbers[1], numbers[0] &- numbers[2])
        guard seq > 0, prev >= 0, prevInConversation >= 0, (0...0xFFFF_FFFF).contains(numbers[6]) else {
            throw .unreadable("entry of \(user)")
        }
        do {
            var entry = try decodeRest(bytes, at: header.position, user: user, seconds: numbers[6])
            (entry.seq, entry.prev, entry.prevInConversation) = (seq, prev, prevInConversation)
            return entry
        } catch {
            throw .unreadable("entry \(seq) of \(user)")
        }
    }

    private static func decodeRest(
        _ bytes: [UInt8], at position: Int, user: Key, seconds: Int64
    ) throws(ByteError) -> Entry {
        var reader = ByteReader(bytes, at: position)
        let flags = try reader.byte()
        guard flags < 128, let type = EntryType(rawValue: try reader.byte()) else { throw .invalid }
        func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
        let id = MessageID(try reader.varint()), time = try reader.signed() &+ seconds * 1_000
        let from = has(Flag.fromOwner) ? user : try reader.key()
        let conversation = has(Flag.conversationWithSender) ? Peer(.user, from) : try reader.peer()
        let actor = has(Flag.actor) ? try reader.key() : nil
        let origin =
            has(Flag.origin)
            ? Entry.Origin(device: try reader.deviceID(), clientSequence: try reader.varint()) : nil
        let target = has(Flag.target) ? Target(id: MessageID(try reader.varint()), seq: try reader.signed()) : nil
        let expiresAt = has(Flag.expires) ? try reader.signed() : 0
        let sourceSeq = has(Flag.source) ? try reader.signed() : 0
        let content = MessageContent(
            type: type, target: target, expiresAt: expiresAt, body: Array(bytes[reader.position...]))
        return Entry(
            seq: 0, id: id, from: from, actor: actor, origin: origin, conversation: conversation, content: content,
            time: time, sourceSeq: sourceSeq)
    }
}
