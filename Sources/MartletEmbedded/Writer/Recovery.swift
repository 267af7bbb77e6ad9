import MartletCore
import Synchronization

/// When to try to open the database again after a write failed, and what has to hold then.
struct Recovery {
    private(set) var error: DatabaseError?
    /// Offsets up to here were given out, whether or not they got into the log.
    private(set) var ends: [Offset] = []
    private var nextTry: Int64 = 0
    private var wait: Int64
    private let firstWait: Int64

    init(_ environment: EngineEnvironment) {
        firstWait = environment.retryMilliseconds
        wait = firstWait
    }

    mutating func begin(_ error: DatabaseError, ends: [Offset], _ now: Now) {
        self.error = error
        self.ends = ends
        wait = firstWait
        nextTry = now.monotonic + wait
    }

    mutating func failedAgain(_ error: DatabaseError, _ now: Now) {
        self.error = error
        wait = min(wait * 2, firstWait * 64)
        nextTry = now.monotonic + wait
    }

    func isDue(_ now: Now) -> Bool { now.monotonic >= nextTry }
    func milliseconds(_ now: Now) -> Int64 { min(max(nextTry - now.monotonic, 1), 1_000) }
}

extension Writer {
    /// Opens the database again and goes on, or waits longer. The ballast makes room for that on a full disk.
    func reopen() {
        let ballast = Ballast(configuration)
        ballast.release()
        do throws(DatabaseError) {
            try refuseIfCorrupt()
            if faults.failsOpen() { throw DatabaseError("IO error: injected") }
            try takeUp(try Database(path: configuration.folder, configuration))
            ballast.restore()
        } catch {
            batch.clear()
            recovery.failedAgain(error, now)
        }
    }

    private func refuseIfCorrupt() throws(DatabaseError) {
        let health = context.health.withLock { $0 }
        if case .corrupt(let what) = health { throw DatabaseError(what) }
    }

    /// Reads again what memory mirrors, and proves with a synced write that the disk takes one.
    private func takeUp(_ database: Database) throws(DatabaseError) {
        batch.clear()
        let opened = try OpenDatabase(database, batch, context)
        guard opened.log.settle(upTo: recovery.ends, now: now.wall) else {
            let what = "after a failed write (\(recovery.error?.description ?? "")) the log lacks records"
            context.health.withLock { $0 = .corrupt(what) }
            throw DatabaseError(what)
        }
        batch.put(.meta, MetaKeys.probe, [1])
        try database.write(batch, sync: true)
        batch.clear()
        opened.log.roundWritten(database)
        open = opened
        context.gate.replace(with: database)
        context.health.withLock { $0 = .running }
    }
}
