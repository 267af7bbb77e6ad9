/// A device's part of the decision state as bytes: ids and seqs as differences to the one before, so that 64 outcomes
/// of a busy device take some 500 bytes.
public enum DeviceStateCodec {
    public static func encode(_ state: DeviceState, into writer: inout ByteWriter) {
        writer.varint(state.last)
        writer.varint(UInt64(state.outcomes.count))
        var id: UInt64 = 0, seq: Offset = 0
        for outcome in state.outcomes {
            switch outcome {
            case .accepted(let nextID, let nextSeq):
                writer.byte(0)
                writer.signed(Int64(bitPattern: nextID.rawValue &- id))
                writer.signed(nextSeq &- seq)
                (id, seq) = (nextID.rawValue, nextSeq)
            case .rejected(let code):
                writer.byte(code.rawValue)
            }
        }
    }

    public static func decode(_ reader: inout ByteReader) throws(ByteError) -> DeviceState {
        let last = try reader.varint()
        let count = try reader.count(ofAtLeast: 1)
        guard UInt64(count) <= last else { throw .invalid }
        var state = DeviceState(last: last), id: UInt64 = 0, seq: Offset = 0
        state.outcomes.reserveCapacity(count)
        for _ in 0..<count {
            let tag = try reader.byte()
            if tag != 0 {
                guard let code = ErrorCode(rawValue: tag) else { throw .invalid }
                state.outcomes.append(.rejected(code))
                continue
            }
            id &+= UInt64(bitPattern: try reader.signed())
            seq &+= try reader.signed()
            state.outcomes.append(.accepted(id: MessageID(id), seq: seq))
        }
        return state
    }
}
