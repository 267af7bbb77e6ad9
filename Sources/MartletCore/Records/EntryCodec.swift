/// Entries as bytes, for stores. All of an entry is in them; a store that keeps `seq` in its key, or `prev` in its
/// own heads, sets those fields anew after decoding.
public enum EntryCodec {
    public static func encode(_ entry: Entry, into writer: inout ByteWriter) {
        writer.signed(entry.seq)
        writer.optionalSigned(entry.prev)
        writer.optionalSigned(entry.prevInConversation)
        writer.varint(entry.id.rawValue)
        writer.key(entry.from)
        writer.optionalKey(entry.actor)
        encode(entry.origin, into: &writer)
        writer.peer(entry.conversation)
        writer.signed(entry.time)
        writer.signed(entry.sourceSeq)
        writer.content(entry.content)
    }

    public static func decode(_ reader: inout ByteReader) throws(ByteError) -> Entry {
        let seq = try reader.signed(), prev = try reader.optionalSigned()
        let prevInConversation = try reader.optionalSigned()
        let id = MessageID(try reader.varint()), from = try reader.key(), actor = try reader.optionalKey()
        let origin = try decodeOrigin(&reader), conversation = try reader.peer()
        let time = try reader.signed(), sourceSeq = try reader.signed()
        return Entry(
            seq: seq, prev: prev, prevInConversation: prevInConversation, id: id, from: from, actor: actor,
            origin: origin, conversation: conversation, content: try reader.content(), time: time,
            sourceSeq: sourceSeq)
    }

    private static func encode(_ origin: Entry.Origin?, into writer: inout ByteWriter) {
        writer.prefixed(origin?.device.bytes ?? [])
        if let origin { writer.varint(origin.clientSequence) }
    }

    private static func decodeOrigin(_ reader: inout ByteReader) throws(ByteError) -> Entry.Origin? {
        let device = try reader.prefixed(max: DeviceID.maxBytes)
        if device.isEmpty { return nil }
        return Entry.Origin(device: DeviceID(trusted: device), clientSequence: try reader.varint())
    }
}

extension ByteWriter {
    mutating func content(_ content: MessageContent) {
        byte(content.type.rawValue | (content.target == nil ? 0 : 0x80))
        if let target = content.target {
            varint(target.id.rawValue)
            signed(target.seq)
        }
        signed(content.expiresAt)
        prefixed(content.body)
    }
}

extension ByteReader {
    mutating func content() throws(ByteError) -> MessageContent {
        let tag = try byte()
        guard let type = EntryType(rawValue: tag & 0x7F) else { throw .invalid }
        let target = tag & 0x80 == 0 ? nil : Target(id: MessageID(try varint()), seq: try signed())
        return MessageContent(type: type, target: target, expiresAt: try signed(), body: try prefixed())
    }
}
