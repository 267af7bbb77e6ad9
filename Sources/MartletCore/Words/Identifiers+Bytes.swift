extension ByteWriter {
    public mutating func key(_ key: Key) { prefixed(key.bytes) }

    /// Absent: the empty key, which is none.
    public mutating func optionalKey(_ key: Key?) { prefixed(key?.bytes ?? []) }

    public mutating func peer(_ peer: Peer) {
        byte(peer.kind.rawValue)
        key(peer.key)
    }

    public mutating func device(_ device: DeviceKey) {
        key(device.user)
        prefixed(device.device.bytes)
    }

    public mutating func slot(_ slot: Slot) { varint(UInt64(slot.rawValue)) }
}

/// Identifiers were validated before they were written, so only their lengths are checked again.
extension ByteReader {
    public mutating func key() throws(ByteError) -> Key {
        guard let key = try optionalKey() else { throw .invalid }
        return key
    }

    public mutating func optionalKey() throws(ByteError) -> Key? {
        let bytes = try prefixed(max: Key.maxBytes)
        return bytes.isEmpty ? nil : Key(trusted: bytes)
    }

    public mutating func peer() throws(ByteError) -> Peer {
        guard let kind = Peer.Kind(rawValue: try byte()) else { throw .invalid }
        return Peer(kind, try key())
    }

    public mutating func deviceID() throws(ByteError) -> DeviceID {
        let bytes = try prefixed(max: DeviceID.maxBytes)
        guard !bytes.isEmpty else { throw .invalid }
        return DeviceID(trusted: bytes)
    }

    public mutating func device() throws(ByteError) -> DeviceKey {
        DeviceKey(user: try key(), device: try deviceID())
    }

    public mutating func slot() throws(ByteError) -> Slot { Slot(Int(try number(UInt16.self))) }
}
