import MartletCore

/// Presence: name of the user, device → the last session, and whether it goes on.
struct PresenceRowValue: Equatable {
    var session: UInt64
    var lastSeen: Int64
    var online: PresenceRow?

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 96)
        writer.varint(session)
        writer.signed(lastSeen)
        writer.byte(online == nil ? 0 : 1)
        if let online { encode(online, into: &writer) }
        return writer.bytes
    }

    private func encode(_ row: PresenceRow, into writer: inout ByteWriter) {
        writer.prefixed(row.edge.bytes)
        writer.varint(row.edgeIncarnation)
        writer.prefixed(row.home.bytes)
        writer.varint(row.homeIncarnation)
        writer.varint(row.epoch)
        writer.signed(row.since)
    }

    init(session: UInt64, lastSeen: Int64, online: PresenceRow?) {
        self.session = session
        self.lastSeen = lastSeen
        self.online = online
    }

    init(_ bytes: [UInt8], user: Key, device: DeviceID) throws(ByteError) {
        var reader = ByteReader(bytes)
        session = try reader.varint()
        lastSeen = try reader.signed()
        guard try reader.bool() else { return }
        online = PresenceRow(
            user: user, device: device, session: session,
            edge: NodeID(trusted: try reader.prefixed(max: NodeID.maxBytes)), edgeIncarnation: try reader.varint(),
            home: NodeID(trusted: try reader.prefixed(max: NodeID.maxBytes)), homeIncarnation: try reader.varint(),
            epoch: try reader.varint(), since: try reader.signed())
    }

    /// What the row becomes; nil: the change is of an older session.
    static func applying(_ change: PresenceChange, to before: PresenceRowValue?) -> PresenceRowValue? {
        switch change {
        case .online(let row):
            guard row.session >= before?.session ?? 0 else { return nil }
            return PresenceRowValue(session: row.session, lastSeen: before?.lastSeen ?? 0, online: row)
        case .offline(_, _, let session, let at):
            guard session >= before?.session ?? 0 else { return nil }
            return PresenceRowValue(session: session, lastSeen: max(before?.lastSeen ?? 0, at), online: nil)
        }
    }
}

enum PresenceKeys {
    static func user(_ user: Key) -> [UInt8] {
        var key = RowKey()
        key.add(name: user.bytes)
        return key.bytes
    }

    static func device(_ user: Key, _ device: DeviceID) -> [UInt8] { PresenceKeys.user(user) + device.bytes }
}

extension PresenceChange {
    var name: (user: Key, device: DeviceID) {
        switch self {
        case .online(let row): (row.user, row.device)
        case .offline(let user, let device, _, _): (user, device)
        }
    }
}
