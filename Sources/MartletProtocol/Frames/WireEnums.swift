import MartletCore

extension EntryType: WireEnum {
    static var enumName: String { "EntryType" }
    static let wireValues = EntryType.allCases

    var wireName: StaticString {
        switch self {
        case .message: "message"
        case .edit: "edit"
        case .delete: "delete"
        case .reaction: "reaction"
        case .system: "system"
        }
    }
}

extension ErrorCode: WireEnum {
    static var enumName: String { "ErrorCode" }
    static let wireValues = ErrorCode.allCases

    var wireName: StaticString {
        switch self {
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .invalid: "invalid"
        case .tooLarge: "tooLarge"
        case .rateLimited: "rateLimited"
        case .outOfOrder: "outOfOrder"
        case .busy: "busy"
        case .unavailable: "unavailable"
        case .notFound: "notFound"
        case .conflict: "conflict"
        case .replaced: "replaced"
        case .internal: "internal"
        }
    }
}

extension DevicePresence.State: WireEnum {
    static var enumName: String { "PresenceState" }
    static let wireValues: [DevicePresence.State] = [.offline, .online, .unknown]

    var wireName: StaticString {
        switch self {
        case .offline: "offline"
        case .online: "online"
        case .unknown: "unknown"
        }
    }
}
