public import MartletCore

/// How the embedded engine keeps its data. Bytes, counts, milliseconds.
public struct EmbeddedConfiguration: Sendable {
    /// Made if it is missing (its parent must be there).
    public var folder: String
    /// Fixed when the folder is made; another number refuses to open.
    public var slotCount: Int
    /// Whether each write round ends with an fsync. Without it a killed process loses nothing that was completed, and
    /// a power cut loses the last writes and starts a new generation.
    public var fsync = false
    /// Below this much free space appends and steps get `unavailable`.
    public var minimumFreeBytes: UInt64 = 256 * 1024 * 1024
    public var diskCheckMilliseconds: Int64 = 1_000
    /// Released when the database must be opened again on a full disk: more than `memtableBytes`, which opening writes.
    public var ballastBytes = 40 * 1024 * 1024
    /// Records are kept this long, or up to so many bytes a slot, whichever ends first; never trimmed but below
    /// what `allowTrim` said.
    public var logMilliseconds: Int64 = 31 * 24 * 3_600_000
    public var logBytesPerSlot: UInt64 = 64 * 1024 * 1024
    /// Recent records of a slot that its readers get from memory.
    public var tailBytesPerSlot = 128 * 1024
    /// What a user's mailbox keeps: `mailboxEntries`, `mailboxBytes`, `mailboxMilliseconds`.
    public var limits = Limits()
    /// Mailboxes whose heads the writer keeps in memory; twice as many at most.
    public var cachedMailboxes = 20_000
    public var readerThreads = 2
    public var blockCacheBytes = 32 * 1024 * 1024
    /// All memtables together.
    public var memtableBytes = 32 * 1024 * 1024
    /// What may wait for the writer; more gets `unavailable`.
    public var queuedBytes = 64 * 1024 * 1024
    public var leaseMilliseconds: Int64 = 3_000
    public var housekeepingMilliseconds: Int64 = 10_000

    public init(folder: String, slotCount: Int = 256) {
        self.folder = folder
        self.slotCount = slotCount
    }
}
