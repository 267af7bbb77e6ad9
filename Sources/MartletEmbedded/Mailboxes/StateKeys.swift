import MartletCore

/// Keys of the family `state`: what belongs to a slot and is not a mailbox. Tags from `firstDecision` on are decision
/// state, which an installed checkpoint replaces as one range.
enum StateKeys {
    static let slotTag: UInt8 = 0x10
    static let logStartTag: UInt8 = 0x20, logMarkTag: UInt8 = 0x21
    static let firstDecision: UInt8 = 0x40
    static let deviceTag: UInt8 = 0x41, incomingTag: UInt8 = 0x42, outgoingTag: UInt8 = 0x43
    static let settingTag: UInt8 = 0x44, revokedTag: UInt8 = 0x45
    static let behindDecision: UInt8 = 0x50

    static func tagged(_ slot: Slot, _ tag: UInt8) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: tag)
        return key.bytes
    }

    static func logMark(_ slot: Slot, _ offset: Offset) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: logMarkTag)
        key.add(offset)
        return key.bytes
    }

    static func counted(_ slot: Slot, _ tag: UInt8, _ other: Slot) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: tag)
        key.add(other)
        return key.bytes
    }

    static func device(_ slot: Slot, _ device: DeviceKey) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: deviceTag)
        key.add(name: device.user.bytes)
        key.add(rest: device.device.bytes)
        return key.bytes
    }

    static func named(_ slot: Slot, _ tag: UInt8, _ user: Key, _ name: [UInt8]) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: tag)
        key.add(name: user.bytes)
        key.add(rest: name)
        return key.bytes
    }
}
