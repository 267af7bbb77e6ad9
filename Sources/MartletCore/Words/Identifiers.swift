/// A user id or a group id: 1 to 128 bytes of UTF-8 without control characters and `/` (design, section 1).
public struct Key: Hashable, Sendable, Comparable, CustomStringConvertible {
    public static let maxBytes = 128
    public let name: ByteString

    /// Nil if `bytes` is not a valid key.
    public init?(_ bytes: [UInt8]) {
        guard isValidIdentifier(bytes, maxBytes: Key.maxBytes) else { return nil }
        name = ByteString(bytes)
    }

    public init?(_ string: String) { self.init(Array(string.utf8)) }

    /// For bytes that were validated before they were written (records, stored rows).
    public init(trusted bytes: [UInt8]) { name = ByteString(bytes) }

    public var bytes: [UInt8] { name.bytes }
    public var description: String { name.description }
    /// `martlet:*` never names a person (design, section 5).
    public var isReserved: Bool { bytes.starts(with: Key.reservedPrefix) }
    private static let reservedPrefix = Array("martlet:".utf8)
    public static func < (a: Key, b: Key) -> Bool { a.name < b.name }
}

/// A client installation, named by an id of its own choosing: 1 to 64 bytes, same alphabet as a key.
public struct DeviceID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public static let maxBytes = 64
    public let name: ByteString

    public init?(_ bytes: [UInt8]) {
        guard isValidIdentifier(bytes, maxBytes: DeviceID.maxBytes) else { return nil }
        name = ByteString(bytes)
    }

    public init?(_ string: String) { self.init(Array(string.utf8)) }
    public init(trusted bytes: [UInt8]) { name = ByteString(bytes) }

    public var bytes: [UInt8] { name.bytes }
    public var description: String { name.description }
    public static func < (a: DeviceID, b: DeviceID) -> Bool { a.name < b.name }
}

/// A gateway's name, such as `gateway-3`; same alphabet as a key.
public struct NodeID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public static let maxBytes = 64
    public let name: ByteString

    public init?(_ string: String) {
        let bytes = Array(string.utf8)
        guard isValidIdentifier(bytes, maxBytes: NodeID.maxBytes) else { return nil }
        name = ByteString(bytes)
    }

    public init(trusted bytes: [UInt8]) { name = ByteString(bytes) }

    public var bytes: [UInt8] { name.bytes }
    public var description: String { name.description }
    public static func < (a: NodeID, b: NodeID) -> Bool { a.name < b.name }
}

/// One device of one user: the unit that numbers what it sends.
public struct DeviceKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let user: Key
    public let device: DeviceID

    public init(user: Key, device: DeviceID) {
        self.user = user
        self.device = device
    }

    public var description: String { "\(user)/\(device)" }
    public static func < (a: DeviceKey, b: DeviceKey) -> Bool { (a.user, a.device) < (b.user, b.device) }
}

/// Whom a message is for, and so the name of a conversation: the kind belongs to the key.
public struct Peer: Hashable, Sendable, Comparable, CustomStringConvertible {
    public enum Kind: UInt8, Sendable { case user = 0, group = 1 }

    public let kind: Kind
    public let key: Key

    public init(_ kind: Kind, _ key: Key) {
        self.kind = kind
        self.key = key
    }

    public var description: String { "\(kind == .user ? "user" : "group"):\(key)" }
    public static func < (a: Peer, b: Peer) -> Bool { (a.kind.rawValue, a.key) < (b.kind.rawValue, b.key) }
}

/// UTF-8, no control characters (C0, DEL, C1), no `/`, 1 to `maxBytes` bytes.
private func isValidIdentifier(_ bytes: [UInt8], maxBytes: Int) -> Bool {
    guard (1...maxBytes).contains(bytes.count), let text = String(validating: bytes, as: UTF8.self) else {
        return false
    }
    return text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "/" && !(0x7F...0x9F).contains($0.value) }
}
