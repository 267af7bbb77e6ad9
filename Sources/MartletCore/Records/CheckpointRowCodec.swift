/// Rows of a checkpoint as bytes.
public enum CheckpointRowCodec {
    /// Apart from the tags of state changes, which follow as they are.
    private static let mailboxTag: UInt8 = 0, stateTag: UInt8 = 1

    public static func encode(_ row: CheckpointRow, into writer: inout ByteWriter) {
        switch row {
        case .state(let change):
            writer.byte(stateTag)
            StateChangeCodec.encode(change, into: &writer)
        case .mailbox(let user, let head, let floor):
            writer.byte(mailboxTag)
            writer.key(user)
            writer.signed(head)
            writer.signed(floor)
        }
    }

    public static func decode(_ reader: inout ByteReader) throws(ByteError) -> CheckpointRow {
        switch try reader.byte() {
        case stateTag: .state(try StateChangeCodec.decode(&reader))
        case mailboxTag: .mailbox(user: try reader.key(), head: try reader.signed(), floor: try reader.signed())
        default: throw .invalid
        }
    }
}
