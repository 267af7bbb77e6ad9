import Glibc
import MartletCore

/// Opens the data folder: what has to be found there, and what is written into a new one.
struct Opening {
    struct Opened {
        var context: EngineContext
        var cluster: ClusterState
        var generation: UInt64
    }

    /// Of the rows and their keys.
    private static let format: UInt32 = 2
    private let configuration: EmbeddedConfiguration
    private let environment: EngineEnvironment

    init(_ configuration: EmbeddedConfiguration, _ environment: EngineEnvironment) {
        self.configuration = configuration
        self.environment = environment
    }

    func open() throws(EmbeddedError) -> Opened {
        try checkNumbers()
        try makeFolder()
        return try openDatabase().get()
    }

    private func openDatabase() -> Result<Opened, EmbeddedError> {
        do throws(DatabaseError) {
            return try take(try Database(path: configuration.folder, configuration))
        } catch {
            return .failure(embeddedError(error))
        }
    }

    private func checkNumbers() throws(EmbeddedError) {
        guard (1...0xFFFF).contains(configuration.slotCount) else {
            throw .failed("the number of slots must be between 1 and 65535")
        }
    }

    private func makeFolder() throws(EmbeddedError) {
        let folder = configuration.folder
        var status = stat()
        if unsafe stat(folder, &status) != 0 {
            guard unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw errno == ENOTDIR ? .notAFolder(folder) : .notWritable(folder: folder, reason: errnoText())
            }
        } else if status.st_mode & S_IFMT != S_IFDIR {
            throw .notAFolder(folder)
        }
        guard unsafe access(folder, W_OK | X_OK) == 0 else { throw .notWritable(folder: folder, reason: errnoText()) }
    }

    private func errnoText() -> String {
        let code = errno
        return unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    private func embeddedError(_ error: DatabaseError) -> EmbeddedError {
        if error.isHeld { return .held(folder: configuration.folder) }
        if error.isCorruption { return .corrupt(error.description) }
        return .failed(error.description)
    }

    // MARK: Identity

    private func take(_ database: Database) throws(DatabaseError) -> Result<Opened, EmbeddedError> {
        if let refusal = try check(database) { return .failure(refusal) }
        let generation = try generation(database)
        try writeIdentity(database, generation)
        var tails: [SlotTail] = []
        for index in 0..<configuration.slotCount {
            let head = try LogHead.load(database, Slot(index))
            tails.append(
                SlotTail(
                    slot: Slot(index), start: head.start, end: head.end, maxBytes: configuration.tailBytesPerSlot))
        }
        let cluster = try ClusterState.load(database, leaseMilliseconds: configuration.leaseMilliseconds)
        Ballast(configuration).restore()
        let context = EngineContext(configuration, environment, database, tails)
        return .success(Opened(context: context, cluster: cluster, generation: generation))
    }

    private func check(_ database: Database) throws(DatabaseError) -> EmbeddedError? {
        if let format = try number(database, MetaKeys.format), format != UInt64(Opening.format) {
            return .otherFormat(UInt32(truncatingIfNeeded: format))
        }
        if let slots = try number(database, MetaKeys.slots), slots != UInt64(configuration.slotCount) {
            return .otherSlotCount(stored: Int(truncatingIfNeeded: slots), asked: configuration.slotCount)
        }
        return nil
    }

    /// The stored one, unless the log may have lost its tail: the last run did not end in order, did not sync, and the
    /// machine was started again since.
    private func generation(_ database: Database) throws(DatabaseError) -> UInt64 {
        guard let stored = try number(database, MetaKeys.generation), try !mayHaveLostTail(database) else {
            return max(environment.random() >> 1, 1)
        }
        return stored
    }

    private func mayHaveLostTail(_ database: Database) throws(DatabaseError) -> Bool {
        let isClean = try database.get(.meta, MetaKeys.clean) != nil
        let wasSynced = try number(database, MetaKeys.wasSynced) == 1
        let boot = try database.get(.meta, MetaKeys.boot)
        return !isClean && !wasSynced && (boot != Array(environment.bootID.utf8) || environment.bootID.isEmpty)
    }

    private func writeIdentity(_ database: Database, _ generation: UInt64) throws(DatabaseError) {
        let batch = WriteBatch()
        batch.put(.meta, MetaKeys.format, Opening.row(UInt64(Opening.format)))
        batch.put(.meta, MetaKeys.slots, Opening.row(UInt64(configuration.slotCount)))
        batch.put(.meta, MetaKeys.generation, Opening.row(generation))
        batch.put(.meta, MetaKeys.boot, Array(environment.bootID.utf8))
        batch.put(.meta, MetaKeys.wasSynced, Opening.row(configuration.fsync ? 1 : 0))
        batch.delete(.meta, MetaKeys.clean)
        try database.write(batch, sync: true)
    }

    private func number(_ database: Database, _ key: [UInt8]) throws(DatabaseError) -> UInt64? {
        guard let bytes = try database.get(.meta, key) else { return nil }
        return try decoding("meta") { () throws(ByteError) in
            var reader = ByteReader(bytes)
            return try reader.varint()
        }
    }

    static func row(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter(reserving: 10)
        writer.varint(number)
        return writer.bytes
    }
}
