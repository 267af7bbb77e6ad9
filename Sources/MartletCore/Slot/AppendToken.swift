/// What an append was for, in the 64 bits that come back with its outcome.
enum AppendToken: Equatable {
    case fence
    /// A send of the device in this row.
    case send(row: Int, version: UInt32)
    case owed(to: Slot, m: UInt64)
    /// A read mark, a setting, a checkpoint: nothing waits for its outcome.
    case other

    var rawValue: UInt64 {
        switch self {
        case .fence: 1 << 60
        case .send(let row, let version): 2 << 60 | UInt64(version & 0xFF_FFFF) << 32 | UInt64(UInt32(row))
        case .owed(let slot, let m): 3 << 60 | UInt64(slot.rawValue) << 44 | m & 0xFFF_FFFF_FFFF
        case .other: 0
        }
    }

    init(rawValue: UInt64) {
        switch rawValue >> 60 {
        case 1: self = .fence
        case 2: self = .send(row: Int(rawValue & 0xFFFF_FFFF), version: UInt32(rawValue >> 32 & 0xFF_FFFF))
        case 3: self = .owed(to: Slot(Int(rawValue >> 44 & 0xFFFF)), m: rawValue & 0xFFF_FFFF_FFFF)
        default: self = .other
        }
    }
}
