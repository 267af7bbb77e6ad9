/// Changes of the decision state as bytes: for stores and checkpoints.
public enum StateChangeCodec {
    private enum Tag: UInt8 { case fence = 1, device, forgotten, incoming, outgoing, setting, revoked }

    public static func encode(_ change: StateChange, into writer: inout ByteWriter) {
        switch change {
        case .fence(let epoch, let rules):
            writer.byte(Tag.fence.rawValue)
            writer.varint(epoch)
            writer.varint(UInt64(rules))
        case .device(let device, let state):
            writer.byte(Tag.device.rawValue)
            writer.device(device)
            DeviceStateCodec.encode(state, into: &writer)
        case .forgotten(let device):
            writer.byte(Tag.forgotten.rawValue)
            writer.device(device)
        case .incoming(let slot, let count): encode(.incoming, slot, count, into: &writer)
        case .outgoing(let slot, let count): encode(.outgoing, slot, count, into: &writer)
        case .setting(let user, let name, let value):
            writer.byte(Tag.setting.rawValue)
            writer.setting(Setting(user: user, name: name, value: value))
        case .revoked(let user, let tokenID, let before):
            writer.byte(Tag.revoked.rawValue)
            writer.revoked(Revoked(user: user, tokenID: tokenID, before: before))
        }
    }

    public static func decode(_ reader: inout ByteReader) throws(ByteError) -> StateChange {
        guard let tag = Tag(rawValue: try reader.byte()) else { throw .invalid }
        switch tag {
        case .fence: return .fence(try reader.varint(), rules: try reader.number())
        case .device: return .device(try reader.device(), try DeviceStateCodec.decode(&reader))
        case .forgotten: return .forgotten(try reader.device())
        case .incoming: return .incoming(from: try reader.slot(), try reader.varint())
        case .outgoing: return .outgoing(to: try reader.slot(), try reader.varint())
        case .setting:
            let setting = try reader.setting()
            return .setting(user: setting.user, name: setting.name, value: setting.value)
        case .revoked:
            let revoked = try reader.revoked()
            return .revoked(user: revoked.user, tokenID: revoked.tokenID, before: revoked.before)
        }
    }

    private static func encode(_ tag: Tag, _ slot: Slot, _ count: UInt64, into writer: inout ByteWriter) {
        writer.byte(tag.rawValue)
        writer.slot(slot)
        writer.varint(count)
    }
}

extension ByteWriter {
    mutating func setting(_ setting: Setting) {
        key(setting.user)
        prefixed(setting.name.bytes)
        prefixed(setting.value)
    }

    mutating func revoked(_ revoked: Revoked) {
        key(revoked.user)
        byte(revoked.tokenID == nil ? 0 : 1)
        if let tokenID = revoked.tokenID { prefixed(tokenID.bytes) }
        signed(revoked.before)
    }
}

extension ByteReader {
    mutating func setting() throws(ByteError) -> Setting {
        Setting(user: try key(), name: ByteString(try prefixed()), value: try prefixed())
    }

    mutating func revoked() throws(ByteError) -> Revoked {
        let user = try key()
        let tokenID = try bool() ? ByteString(try prefixed()) : nil
        return Revoked(user: user, tokenID: tokenID, before: try signed())
    }
}
