import MartletCore

/// Presence: name of the user, device → the last session, and whether it goes on.
struct PresenceRowValue: Equatable {
    /// Of the last change: what an older one is told by.
    var epoch: Epoch
    var session: UInt64
    var lastSeen: Int64
    var online: PresenceRow?

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 96)
        writer.varint(epoch)
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
        writer.signed(row.since)
    }

    init(epoch: Epoch, session: UInt64, lastSeen: Int64, online: PresenceRow?) {
        self.epoch = epoch
        self.session = session
        self.lastSeen = lastSeen
        self.online = online
    }

    init(_ bytes: [UInt8], user: Key, device: DeviceID) throws(ByteError) {
        var reader = ByteReader(bytes)
        epoch = try reader.varint()
        session = try reader.varint()
        lastSeen = try reader.signed()
        guard try reader.bool() else { return }
        online = PresenceRow(
            user: user, device: device, session: session,
            edge: NodeID(trusted: try reader.prefixed(max: NodeID.maxBytes)), edgeIncarnation: try reader.varint(),
            home: NodeID(trusted: try reader.prefixed(max: NodeID.maxBytes)), homeIncarnation: try reader.varint(),
            epoch: epoch, since: try reader.signed())
    }

    /// What the row becomes; nil: a newer owner, or a newer session, has spoken before.
    static func applying(_ change: PresenceChange, to before: PresenceRowValue?) -> PresenceRowValue? {
        var after = PresenceRowValue(change)
        guard let before else { return after }
        guard (after.epoch, after.session) >= (before.epoch, before.session) else { return nil }
        after.lastSeen = max(before.lastSeen, after.lastSeen)
        return after
    }

    private init(_ change: PresenceChange) {
        switch change {
        case .online(let row): self.init(epoch: row.epoch, session: row.session, lastSeen: 0, online: row)
        case .offline(_, _, let session, let epoch, let at):
            self.init(epoch: epoch, session: session, lastSeen: max(at, 0), online: nil)
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
        case .offline(let user, let device, _, _, _): (user, device)
        }
    }
}
