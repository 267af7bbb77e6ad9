import MartletCore

/// Why a store's answer is none.
enum StoreError: Error, Hashable {
    /// It did not happen: the server is away, puts it off, or refuses to write.
    case unavailable
    /// It may have happened.
    case unknown
    case closed
    /// What is stored, or what came back, is not what a store of ours wrote.
    case unreadable(String)
    /// The caller's: a number or a size that a script cannot take.
    case refused(String)

    init(_ error: RedisError) {
        switch error {
        case .unavailable: self = .unavailable
        case .unknown: self = .unknown
        case .closed: self = .closed
        case .server(let message):
            self = StoreError.isPassing(message) ? .unavailable : .unreadable("Redis answered: \(message)")
        }
    }

    /// Codes of a server that did not begin, or could not write its first change.
    private static let passing: Set<Substring> = [
        "LOADING", "OOM", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN", "MISCONF", "NOREPLICAS",
        "MOVED", "ASK", "NOSCRIPT", "NOAUTH", "NOPERM", "WRONGPASS", "UNBLOCKED",
    ]

    private static func isPassing(_ message: String) -> Bool {
        passing.contains(message.prefix { $0 != " " }) || message.contains("Script killed")
    }

    /// For answers that know no "unknown": the caller tries again.
    var portError: PortError {
        switch self {
        case .unavailable, .unknown: .unavailable
        case .closed: .closed
        case .unreadable(let what), .refused(let what): .corrupt(what)
        }
    }

    var stepOutcome: StepOutcome { self == .unknown ? .unknown : .failed(portError) }
}

/// Numbers that a script can hold: Lua's are doubles.
enum StoreNumber {
    static let max: Int64 = (1 << 53) - 1
    static let range = -max...max

    static func checked(_ value: Int64, _ what: String) throws(StoreError) -> Int64 {
        guard range.contains(value) else { throw .refused("\(what) \(value) is beyond 2^53") }
        return value
    }

    static func checked(_ value: UInt64, _ what: String) throws(StoreError) -> Int64 {
        guard value <= UInt64(max) else { throw .refused("\(what) \(value) is beyond 2^53") }
        return Int64(value)
    }

    static func clamped(_ value: Int64) -> Int64 { min(Swift.max(value, -max), max) }
}
