import MartletCore

/// A slot's row: what a step is compared with.
struct SlotRow: Equatable {
    var epoch: Epoch = 0
    var offset: Offset = -1
    var forwarded: Offset = -1
    var fence: Epoch = 0
    var rules: UInt32 = 0
    /// The number that the next mailbox or conversation gets; never given twice, also not after a removal.
    var nextNumber: RowNumber = 1

    init() {}

    init(_ bytes: [UInt8]) throws(ByteError) {
        var reader = ByteReader(bytes)
        epoch = try reader.varint()
        offset = try reader.signed()
        forwarded = try reader.signed()
        fence = try reader.varint()
        rules = try reader.number()
        nextNumber = try reader.number()
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 32)
        writer.varint(epoch)
        writer.signed(offset)
        writer.signed(forwarded)
        writer.varint(fence)
        writer.varint(UInt64(rules))
        writer.varint(UInt64(nextNumber))
        return writer.bytes
    }

    static func load(
        _ database: Database, _ slot: Slot, in snapshot: Snapshot? = nil
    ) throws(DatabaseError) -> SlotRow {
        guard let bytes = try database.get(.state, StateKeys.tagged(slot, StateKeys.slotTag), in: snapshot) else {
            return SlotRow()
        }
        return try decoding("slot \(slot)") { () throws(ByteError) in try SlotRow(bytes) }
    }
}
