import MartletCore

/// Fields of the hashes of the mailbox store.
enum MailboxFields {
    static let conversationTag = UInt8(ascii: "c"), cursorTag = UInt8(ascii: "d")
    private static let deviceTag = UInt8(ascii: "d"), settingTag = UInt8(ascii: "s"), revokedTag = UInt8(ascii: "r")

    static func conversation(_ peer: Peer) -> [UInt8] { [conversationTag, peer.kind.rawValue] + peer.key.bytes }

    /// Nil where the field is a cursor's.
    static func peer(inField field: [UInt8]) throws(StoreError) -> Peer? {
        if field.first == cursorTag { return nil }
        guard field.first == conversationTag, (3...2 + Key.maxBytes).contains(field.count),
            let kind = Peer.Kind(rawValue: field[1])
        else { throw .unreadable("conversation") }
        return Peer(kind, Key(trusted: Array(field[2...])))
    }

    static func cursor(_ device: DeviceID) -> [UInt8] { [cursorTag] + device.bytes }

    static func device(_ device: DeviceKey) -> [UInt8] { named(deviceTag, device.user, device.device.bytes) }
    static func setting(_ user: Key, _ name: ByteString) -> [UInt8] { named(settingTag, user, name.bytes) }
    static func revoked(_ user: Key, _ tokenID: ByteString?) -> [UInt8] {
        named(revokedTag, user, tokenID?.bytes ?? [])
    }

    private static func named(_ tag: UInt8, _ user: Key, _ rest: [UInt8]) -> [UInt8] {
        [tag, UInt8(truncatingIfNeeded: user.bytes.count)] + user.bytes + rest
    }

    static func incoming(_ slot: Slot) -> [UInt8] { Array("i\(slot)".utf8) }
    static func outgoing(_ slot: Slot) -> [UInt8] { Array("o\(slot)".utf8) }

    /// What a row of the decision state says: a device's is its state alone, all others are whole changes.
    static func change(_ field: [UInt8], _ value: [UInt8]) throws(StoreError) -> StateChange {
        do {
            guard field.first == deviceTag else {
                var reader = ByteReader(value)
                return try StateChangeCodec.decode(&reader)
            }
            return .device(try deviceKey(field), try deviceState(value))
        } catch {
            throw .unreadable("decision state")
        }
    }

    private static func deviceKey(_ field: [UInt8]) throws(ByteError) -> DeviceKey {
        var reader = ByteReader(field, at: 1)
        let user = try reader.key()
        let device = Array(field[reader.position...])
        guard (1...DeviceID.maxBytes).contains(device.count) else { throw .invalid }
        return DeviceKey(user: user, device: DeviceID(trusted: device))
    }

    static func deviceState(_ value: [UInt8]) throws(ByteError) -> DeviceState {
        var reader = ByteReader(value)
        let state = try DeviceStateCodec.decode(&reader)
        guard reader.isAtEnd else { throw .invalid }
        return state
    }
}
