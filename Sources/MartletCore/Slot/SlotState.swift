/// A slot's decision state: what a decision depends on besides its record. Arrays are by slot number.
struct SlotState: Sendable {
    var fence: Epoch = 0
    var rules: UInt32 = 0
    /// How many records of each other slot were taken, and derived for each.
    var incoming: [UInt64]
    var outgoing: [UInt64]
    /// Devices that are in memory. A record of one that is not cannot be decided yet.
    var devices = DeviceTable()
    var window: UInt64
    var policy: SlotPolicy

    init(slotCount: Int, window: UInt64, policy: SlotPolicy = []) {
        incoming = Array(repeating: 0, count: slotCount)
        outgoing = Array(repeating: 0, count: slotCount)
        self.window = window
        self.policy = policy
    }

    mutating func load(_ stored: StoredSlot) {
        fence = stored.fence
        rules = stored.rules
        for (slot, count) in stored.incoming where slot.index < incoming.count { incoming[slot.index] = count }
        for (slot, count) in stored.outgoing where slot.index < outgoing.count { outgoing[slot.index] = count }
    }
}
