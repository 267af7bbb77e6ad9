/// A short immutable byte string, compared and hashed byte by byte.
///
/// Swift's `String` compares by canonical equivalence, so two different user ids could be equal; identifiers are bytes.
public struct ByteString: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ string: String) { bytes = Array(string.utf8) }

    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// By words: an array would hash each byte by itself, and identifiers are hashed on every message's way.
    public func hash(into hasher: inout Hasher) {
        var word = UInt64(truncatingIfNeeded: bytes.count)
        for index in bytes.indices {
            word = word << 8 | UInt64(bytes[index])
            if index & 7 == 7 {
                hasher.combine(word)
                word = 0
            }
        }
        hasher.combine(word)
    }

    public static func < (a: ByteString, b: ByteString) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}
