public import MartletCore

/// How the stores of one Martlet cluster are kept in a Redis, which others may share.
public struct RedisStoresConfiguration: Sendable {
    /// In front of every key; must not contain `{`, `}`, control characters or blanks.
    public var prefix: String
    /// The cluster's, fixed for its life.
    public var slotCount: Int
    /// What a user's mailbox keeps: `mailboxEntries`, `mailboxBytes`, `mailboxMilliseconds`.
    public var limits = Limits()
    public var leaseMilliseconds: Int64 = 3_000
    /// A step that is larger is refused by name: a script holds up its server as long as it runs.
    public var maxStepBytes = 24 * 1024 * 1024
    /// Devices of a user that are offline and whose last-seen is kept; the longest unseen go first.
    public var offlineDevices = 64

    public init(prefix: String, slotCount: Int) {
        self.prefix = prefix
        self.slotCount = slotCount
    }

    static func isValid(prefix: String) -> Bool {
        !prefix.isEmpty && prefix.utf8.count <= 128
            && prefix.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}")
            }
    }
}
