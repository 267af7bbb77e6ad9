import MartletCore

/// A device's value in its user's presence hash; `PresenceScripts` says how it is laid out.
struct StoredPresence {
    var epoch: Epoch
    var session: UInt64
    var lastSeen: Int64
    var online: PresenceRow?

    /// What the script compares, and what it keeps unread.
    static func parts(_ change: PresenceChange) -> (device: DeviceID, head: [UInt8], row: [UInt8]) {
        switch change {
        case .online(let row): (row.device, head(row.epoch, row.session, seen: 0, isOnline: true), encode(row))
        case .offline(_, let device, let session, let epoch, let at):
            (device, head(epoch, session, seen: at, isOnline: false), [])
        }
    }

    private static func head(_ epoch: Epoch, _ session: UInt64, seen: Int64, isOnline: Bool) -> [UInt8] {
        var writer = ByteWriter(reserving: 25)
        writer.bigEndian64(epoch)
        writer.bigEndian64(session)
        writer.bigEndian64(UInt64(max(seen, 0)))
        writer.byte(isOnline ? 1 : 0)
        return writer.bytes
    }

    private static func encode(_ row: PresenceRow) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        writer.prefixed(row.edge.bytes)
        writer.varint(row.edgeIncarnation)
        writer.prefixed(row.home.bytes)
        writer.varint(row.homeIncarnation)
        writer.signed(row.since)
        return writer.bytes
    }

    static func record(_ user: Key, _ device: [UInt8], _ value: [UInt8]) throws(StoreError) -> PresenceRecord {
        guard (1...DeviceID.maxBytes).contains(device.count) else { throw .unreadable("presence of \(user)") }
        let device = DeviceID(trusted: device)
        do {
            let stored = try StoredPresence(value, user: user, device: device)
            return PresenceRecord(device: device, online: stored.online, lastSeen: stored.lastSeen)
        } catch {
            throw .unreadable("presence of \(user)")
        }
    }

    private init(_ bytes: [UInt8], user: Key, device: DeviceID) throws(ByteError) {
        var reader = ByteReader(bytes)
        epoch = try reader.bigEndian64()
        session = try reader.bigEndian64()
        lastSeen = Int64(clamping: try reader.bigEndian64())
        guard try reader.bool() else { return }
        online = PresenceRow(
            user: user, device: device, session: session, edge: try reader.node(), edgeIncarnation: try reader.varint(),
            home: try reader.node(), homeIncarnation: try reader.varint(), epoch: epoch,
            since: try reader.signed())
    }
}

extension ByteReader {
    fileprivate mutating func node() throws(ByteError) -> NodeID {
        let bytes = try prefixed(max: NodeID.maxBytes)
        guard !bytes.isEmpty else { throw .invalid }
        return NodeID(trusted: bytes)
    }
}
