public import MartletCore
import Synchronization

/// A whole engine in one process: log, mailboxes, presence and cluster store on one RocksDB database, for any number
/// of nodes in this process.
///
/// What was completed survives a killed process always, and a power cut with `fsync`. Answers come on the engine's
/// threads, one for writes and a few for reads: they must not block.
public final class EmbeddedEngine: Sendable {
    public let log: any LogPort
    public let mailboxes: any MailboxStore
    public let presence: any PresenceStore
    public let cluster: any ClusterStore

    private let context: EngineContext
    private let writer: WorkerThread
    private let embeddedCluster: EmbeddedCluster
    private let isClosed = Atomic(false)

    /// Opens the folder, or makes it. The folder belongs to this engine until `close`.
    public static func open(_ configuration: EmbeddedConfiguration) throws(EmbeddedError) -> EmbeddedEngine {
        try open(configuration, EngineEnvironment())
    }

    package static func open(
        _ configuration: EmbeddedConfiguration, _ environment: EngineEnvironment
    ) throws(EmbeddedError) -> EmbeddedEngine {
        let opened = try Opening(configuration, environment).open()
        return try EmbeddedEngine(opened)
    }

    private init(_ opened: Opening.Opened) throws(EmbeddedError) {
        let context = opened.context
        guard let writer = EmbeddedEngine.startWriter(context) else {
            throw .failed("no thread for the writer")
        }
        self.context = context
        self.writer = writer
        embeddedCluster = EmbeddedCluster(context, opened.cluster)
        log = EmbeddedLog(context, generation: opened.generation)
        mailboxes = EmbeddedMailboxes(context)
        presence = EmbeddedPresence(context)
        cluster = embeddedCluster
    }

    /// The writer and all that it owns live on its thread.
    private static func startWriter(_ context: EngineContext) -> WorkerThread? {
        WorkerThread {
            Database.countNothingOnThisThread()
            Writer(context).run()
        }
    }

    /// Ties a slot to a node; nil: to none.
    public func pin(_ slot: Slot, to node: NodeID?, done: @escaping @Sendable (PortError?) -> Void) {
        embeddedCluster.pin(slot, to: node, done: done)
    }

    /// Whether writes are refused because the disk is nearly full, or because it failed.
    public var refusesWrites: Bool {
        context.isDiskFull.load(ordering: .relaxed) || context.health.withLock { $0 } != .running
    }

    /// Bytes of the database's files that are in use, without the write-ahead log.
    public var fileBytes: UInt64 {
        let bytes = try? context.gate.read { database in
            Family.allCases.reduce(0) { $0 + database.fileBytes($1) }
        }
        return (bytes ?? nil) ?? 0
    }

    /// Writes what waits, answers all of it, and lets go of the folder. Later calls get `closed`.
    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        context.queue.close()
        writer.join()
        for tail in context.tails { tail.close() }
        context.pool.close()
        context.gate.replace(with: nil)
    }

    deinit { close() }

    // MARK: For tests

    /// Retention and trimming, now.
    package func housekeep(done: @escaping @Sendable () -> Void) { context.queue.submit(.housekeep(done: done)) }

    package func emptyStore(_ slot: Slot, done: @escaping @Sendable (PortError?) -> Void) {
        context.queue.submit(.emptyStore(slot, done: done))
    }

    /// How many readers wait for a slot's next record.
    package func tailWaiters(_ slot: Slot) -> Int { context.tails[slot.index].state.withLock { $0.waiters.count } }

    /// Rewrites the files, so that what was removed gives its space back.
    package func compact() {
        _ = try? context.gate.read { database throws(DatabaseError) in
            try database.flush()
            for family in Family.allCases { database.compact(family) }
        }
    }
}
