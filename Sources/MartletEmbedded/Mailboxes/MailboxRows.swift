import MartletCore

/// What is kept of a mailbox besides its entries. Written when it is made and when something was removed from it, not
/// with each entry: head, position and bytes stand in the last entry, unless none is left.
struct MailboxRow: Equatable {
    var number: RowNumber
    /// Last seq, and how many entries and bytes there ever were, up to the last one that was removed or was lost.
    var removedHead: Offset = 0
    var removedPosition: UInt64 = 0
    var removedBytes: UInt64 = 0
    /// Nothing up to here is left.
    var floor: Offset = 0
    var receiptedUpTo: Offset = 0

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 24)
        writer.varint(UInt64(number))
        writer.signed(removedHead)
        writer.varint(removedPosition)
        writer.varint(removedBytes)
        writer.signed(floor)
        writer.signed(receiptedUpTo)
        return writer.bytes
    }

    init(number: RowNumber) { self.number = number }

    init(_ bytes: [UInt8]) throws(ByteError) {
        var reader = ByteReader(bytes)
        number = try reader.number()
        removedHead = try reader.signed()
        removedPosition = try reader.varint()
        removedBytes = try reader.varint()
        floor = try reader.signed()
        receiptedUpTo = try reader.signed()
    }
}

/// What stands before an entry: its place among the mailbox's entries, so that counts need no row of their own.
struct EntryHeader: Equatable {
    static let signpostInterval: UInt64 = 64

    var conversation: RowNumber
    /// Entries of the conversation, and incoming messages among them, from its beginning up to this one.
    var place: UInt64
    var incoming: UInt64
    /// Entries and bytes of the mailbox from its beginning up to this one.
    var position: UInt64
    var totalBytes: UInt64

    /// Whether a row of `signposts` names it.
    var isSignpost: Bool { place % EntryHeader.signpostInterval == 0 }

    func encode(into writer: inout ByteWriter) {
        writer.varint(UInt64(conversation))
        writer.varint(place)
        writer.varint(incoming)
        writer.varint(position)
        writer.varint(totalBytes)
    }

    init(conversation: RowNumber, place: UInt64, incoming: UInt64, position: UInt64, totalBytes: UInt64) {
        self.conversation = conversation
        self.place = place
        self.incoming = incoming
        self.position = position
        self.totalBytes = totalBytes
    }

    init(_ reader: inout ByteReader) throws(ByteError) {
        conversation = try reader.number()
        place = try reader.varint()
        incoming = try reader.varint()
        position = try reader.varint()
        totalBytes = try reader.varint()
    }
}

enum EntryRow {
    static func encode(_ header: EntryHeader, _ entry: Entry) -> [UInt8] {
        var writer = ByteWriter(reserving: entry.content.body.count + 160)
        header.encode(into: &writer)
        EntryCodec.encode(entry, into: &writer)
        return writer.bytes
    }

    static func header(_ bytes: [UInt8]) throws(ByteError) -> EntryHeader {
        var reader = ByteReader(bytes)
        return try EntryHeader(&reader)
    }

    static func entry(_ bytes: [UInt8]) throws(ByteError) -> Entry {
        var reader = ByteReader(bytes)
        _ = try EntryHeader(&reader)
        return try EntryCodec.decode(&reader)
    }
}

/// A conversation of a mailbox.
struct ConversationRow: Equatable {
    var number: RowNumber
    /// Entries that there ever were, incoming messages among them, and how many of these are read.
    var entries: UInt64 = 0
    var incoming: UInt64 = 0
    var incomingRead: UInt64 = 0
    var state: ConversationState

    init(number: RowNumber, peer: Peer) {
        self.number = number
        state = ConversationState(peer: peer)
    }

    init(_ bytes: [UInt8], peer: Peer) throws(ByteError) {
        var reader = ByteReader(bytes)
        number = try reader.number()
        entries = try reader.varint()
        incoming = try reader.varint()
        incomingRead = try reader.varint()
        state = try ConversationStateCodec.decode(&reader, peer: peer)
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 40)
        writer.varint(UInt64(number))
        writer.varint(entries)
        writer.varint(incoming)
        writer.varint(incomingRead)
        ConversationStateCodec.encodeWithoutPeer(state, into: &writer)
        return writer.bytes
    }
}

/// How far a device has acknowledged, and when it was last heard of (milliseconds since 1970).
struct CursorRow: Equatable {
    var seq: Offset = 0
    var seen: Int64 = 0

    init() {}

    init(_ bytes: [UInt8]) throws(ByteError) {
        var reader = ByteReader(bytes)
        seq = try reader.signed()
        seen = try reader.signed()
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 12)
        writer.signed(seq)
        writer.signed(seen)
        return writer.bytes
    }
}

/// Reading a row that this engine wrote: what does not decode is damage.
func decoding<R>(_ what: String, _ body: () throws(ByteError) -> R) throws(DatabaseError) -> R {
    do {
        return try body()
    } catch {
        throw DatabaseError("Corruption: a row of \(what) cannot be read (\(error))")
    }
}
