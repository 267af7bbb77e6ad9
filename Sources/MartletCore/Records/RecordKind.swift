/// The kinds of records, by the number that stands in the header. Numbers are never used again.
public enum RecordKind: UInt8, Sendable, CaseIterable {
    case posted = 1
    case rejected = 2
    case incoming = 3
    case read = 4
    case forgotten = 5
    case setting = 6
    case revoked = 7
    case fence = 8
    case checkpoint = 9

    /// A node that passed over any of them would decide otherwise than the rest; a checkpoint decides nothing.
    var flags: UInt8 { self == .checkpoint ? 0 : RecordCodec.mustUnderstand }
}

extension Record.Body {
    public var kind: RecordKind {
        switch self {
        case .posted: .posted
        case .rejected: .rejected
        case .incoming: .incoming
        case .read: .read
        case .forgotten: .forgotten
        case .setting: .setting
        case .revoked: .revoked
        case .fence: .fence
        case .checkpoint: .checkpoint
        }
    }

    /// About how many bytes the part takes that has no small bound.
    var payloadBytes: Int {
        switch self {
        case .posted(let posted): posted.content.body.count
        case .incoming(let incoming): incoming.content.body.count
        case .setting(let setting): setting.value.count
        case .checkpoint(let part): part.rows.count * 64
        case .rejected, .read, .forgotten, .revoked, .fence: 0
        }
    }
}
