import MartletCore

/// How much a page may hold. The script gives a little more than that, so that what is behind the page is seen.
struct PageLimits: Sendable {
    let maxEntries: Int
    let maxBytes: Int

    init(_ maxEntries: Int, _ maxBytes: Int) {
        self.maxEntries = min(max(maxEntries, 1), MailboxReader.maxEntries)
        self.maxBytes = min(max(maxBytes, 0), MailboxReader.maxBytes)
    }

    var arguments: [[UInt8]] { [StoreClient.text(Int64(maxEntries)), StoreClient.text(Int64(maxBytes))] }

    /// Entries up to the limits, at least one if there is any.
    func page(_ elements: [RedisReply], _ user: Key) throws(StoreError) -> (entries: [Entry], more: Bool) {
        var entries: [Entry] = [], bytes = 0
        for element in elements {
            let entry = try StoredEntry.decode(try element.bytes("entry"), user: user)
            bytes += entry.cost
            guard entries.isEmpty || (entries.count < maxEntries && bytes <= maxBytes) else { return (entries, true) }
            entries.append(entry)
        }
        return (entries, false)
    }
}
