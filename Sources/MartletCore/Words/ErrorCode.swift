/// The closed list of error codes (design, section 5); names are stable on the wire.
public enum ErrorCode: UInt8, Sendable, CaseIterable {
    case unauthenticated = 1
    case forbidden = 2
    case invalid = 3
    case tooLarge = 4
    case rateLimited = 5
    case outOfOrder = 6
    case busy = 7
    case unavailable = 8
    case notFound = 9
    case conflict = 10
    case replaced = 11
    case `internal` = 12

    public var name: String { "\(self)" }

    /// A temporary error consumes no number and may be tried again; a final one will not change.
    public var isTemporary: Bool {
        switch self {
        case .rateLimited, .outOfOrder, .busy, .unavailable, .internal: true
        case .unauthenticated, .forbidden, .invalid, .tooLarge, .notFound, .conflict, .replaced: false
        }
    }

    /// WebSocket close code: 4000 to 4099 mean "reconnect", 4100 to 4199 "do not".
    public var closeCode: UInt16 { (isTemporary ? 4000 : 4100) + UInt16(rawValue) }
}
