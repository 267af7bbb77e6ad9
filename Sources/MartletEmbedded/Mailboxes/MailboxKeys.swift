import MartletCore

/// Keys of the families that make up the mailbox store. All begin with the slot (2 bytes), so that a slot's share of a
/// family is one range.
enum MailboxKeys {
    static let userTag: UInt8 = 1, cursorTag: UInt8 = 2

    /// 14 bytes.
    static func entry(_ slot: Slot, _ mailbox: RowNumber, _ seq: Offset) -> [UInt8] {
        var key = RowKey(slot, reserving: 14)
        key.add(mailbox)
        key.add(seq)
        return key.bytes
    }

    static func numbered(_ slot: Slot, _ number: RowNumber) -> [UInt8] {
        var key = RowKey(slot, reserving: 6)
        key.add(number)
        return key.bytes
    }

    /// 14 bytes.
    static func signpost(_ slot: Slot, _ conversation: RowNumber, _ seq: Offset) -> [UInt8] {
        entry(slot, conversation, seq)
    }

    /// 7 bytes and the peer's name.
    static func conversation(_ slot: Slot, _ mailbox: RowNumber, _ peer: Peer) -> [UInt8] {
        var key = RowKey(slot, reserving: 7 + peer.key.bytes.count)
        key.add(mailbox)
        key.add(tag: peer.kind.rawValue)
        key.add(rest: peer.key.bytes)
        return key.bytes
    }

    /// The peer in a conversation's key; nil: it is not one.
    static func peer(inKey key: [UInt8]) -> Peer? {
        guard key.count > 7, let kind = Peer.Kind(rawValue: key[6]) else { return nil }
        return Peer(kind, Key(trusted: Array(key[7...])))
    }

    static func user(_ slot: Slot, _ user: Key) -> [UInt8] {
        var key = RowKey(slot, reserving: 3 + user.bytes.count)
        key.add(tag: userTag)
        key.add(rest: user.bytes)
        return key.bytes
    }

    static func users(_ slot: Slot) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: userTag)
        return key.bytes
    }

    static func user(inKey key: [UInt8]) -> Key { Key(trusted: Array(key.dropFirst(3))) }

    static func cursors(_ slot: Slot) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: cursorTag)
        return key.bytes
    }

    static func cursors(_ slot: Slot, _ user: Key) -> [UInt8] {
        var key = RowKey(slot)
        key.add(tag: cursorTag)
        key.add(name: user.bytes)
        return key.bytes
    }

    static func cursor(_ slot: Slot, _ user: Key, _ device: DeviceID) -> [UInt8] {
        cursors(slot, user) + device.bytes
    }

    /// The user in a cursor's key.
    static func cursorUser(inKey key: [UInt8]) -> Key? {
        guard key.count > 4, key.count >= 4 + Int(key[3]) else { return nil }
        return Key(trusted: Array(key[4..<4 + Int(key[3])]))
    }
}
