/// Conversation states as bytes, for stores. The peer is among them; a store that has it in its key may leave it out.
public enum ConversationStateCodec {
    public static func encode(_ state: ConversationState, into writer: inout ByteWriter) {
        writer.peer(state.peer)
        encodeWithoutPeer(state, into: &writer)
    }

    public static func decode(_ reader: inout ByteReader) throws(ByteError) -> ConversationState {
        let peer = try reader.peer()
        return try decode(&reader, peer: peer)
    }

    public static func encodeWithoutPeer(_ state: ConversationState, into writer: inout ByteWriter) {
        writer.signed(state.lastSeq)
        writer.signed(Int64(state.unread))
        writer.signed(state.readUpTo)
        writer.signed(state.peerReceived)
        writer.signed(state.peerRead)
        writer.signed(state.changedAt)
    }

    public static func decode(_ reader: inout ByteReader, peer: Peer) throws(ByteError) -> ConversationState {
        let lastSeq = try reader.signed(), unread = try reader.signed(), readUpTo = try reader.signed()
        let peerReceived = try reader.signed(), peerRead = try reader.signed()
        guard let unread = Int(exactly: unread) else { throw .invalid }
        return ConversationState(
            peer: peer, lastSeq: lastSeq, unread: unread, readUpTo: readUpTo, peerReceived: peerReceived,
            peerRead: peerRead, changedAt: try reader.signed())
    }
}
