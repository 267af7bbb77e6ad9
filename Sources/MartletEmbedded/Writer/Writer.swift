import MartletCore
import Synchronization

/// The database with what the writer mirrors of it in memory; dropped as a whole when a write fails.
final class OpenDatabase {
    let database: Database
    let log: LogWriter
    let mailboxes: MailboxWriter
    let presence: PresenceWriter

    init(_ database: Database, _ batch: WriteBatch, _ context: EngineContext) throws(DatabaseError) {
        self.database = database
        log = try LogWriter(database, batch, context.tails, context.configuration)
        mailboxes = try MailboxWriter(database, batch, context.configuration)
        presence = PresenceWriter(database, batch)
    }

    func roundWritten() {
        mailboxes.roundWritten()
        presence.roundWritten()
        log.roundWritten(database)
    }
}

/// The one thread that writes: it takes all that waits, makes one batch of it, writes that, and answers. However many
/// callers there are, a round costs one write to the log file and at most one fsync.
///
/// Answers come after the round, one after the other on this thread, so that a caller that gathers them wakes up once.
final class Writer {
    let context: EngineContext
    let batch = WriteBatch()
    /// Nil while the database cannot be written.
    var open: OpenDatabase?
    var completions: [Completion] = []
    var recovery: Recovery
    private var nextDiskCheck: Int64 = 0
    private var nextHousekeeping: Int64
    private var sweep = MailboxSweep()

    init(_ context: EngineContext) {
        self.context = context
        recovery = Recovery(context.environment)
        nextHousekeeping = context.environment.now().monotonic + context.configuration.housekeepingMilliseconds
        start()
    }

    /// What cannot be read at the start is tried again, as after a failed write.
    private func start() {
        do throws(DatabaseError) {
            guard let database = context.gate.current else { throw DatabaseError("nothing is open") }
            open = try OpenDatabase(database, batch, context)
        } catch {
            giveUpRound(error)
        }
    }

    var now: Now { context.environment.now() }
    var configuration: EmbeddedConfiguration { context.configuration }
    var faults: FaultInjector { context.environment.faults }

    /// Until the queue is closed and empty.
    func run() {
        checkDisk()
        var requests: [WriteRequest] = []
        while context.queue.take(&requests, milliseconds: idleMilliseconds) {
            for request in requests {
                handle(request)
                if batch.byteCount > 4 << 20 { commit() }
            }
            requests.removeAll(keepingCapacity: requests.capacity < 4_096)
            commit()
            doWhatIsDue()
        }
        markClean()
    }

    /// Nothing is lost in a power cut from here on.
    private func markClean() {
        guard let open else { return }
        batch.clear()
        batch.put(.meta, MetaKeys.clean, [1])
        try? open.database.write(batch, sync: true)
    }

    private var idleMilliseconds: Int64 {
        open == nil ? recovery.milliseconds(now) : min(configuration.diskCheckMilliseconds, 1_000)
    }

    private func doWhatIsDue() {
        let now = now.monotonic
        if now >= nextDiskCheck { checkDisk() }
        if open == nil, recovery.isDue(self.now) { reopen() }
        guard open != nil, now >= nextHousekeeping else { return }
        housekeep()
        commit()
    }

    // MARK: Requests

    private func handle(_ request: WriteRequest) {
        guard let open else { return request.refuse(context.health.withLock { $0.refusal } ?? .unavailable) }
        if let refusal = refusal(of: request) { return request.refuse(refusal) }
        do throws(DatabaseError) {
            try perform(request, open)
        } catch {
            // What the round had gathered so far may be half of a step: nothing of it is written.
            request.refuse(.unavailable)
            giveUpRound(error)
        }
    }

    private func refusal(of request: WriteRequest) -> PortError? {
        switch request {
        case .append, .step: return context.isDiskFull.load(ordering: .relaxed) ? .unavailable : nil
        case .claim, .presence, .cluster, .housekeep, .emptyStore: return nil
        }
    }

    private func perform(_ request: WriteRequest, _ open: OpenDatabase) throws(DatabaseError) {
        switch request {
        case .append(let slot, let records, let done): append(records, slot, done, open.log)
        case .claim(let slot, let epoch, let done):
            completions.append(.step(done, open.mailboxes.claim(slot, epoch: epoch)))
        case .step(let step, let done): try apply(step, done, open.mailboxes)
        case .presence(let changes, let done):
            for change in changes { try open.presence.apply(change) }
            completions.append(.plain(done))
        case .cluster(let rows, let done):
            put(rows)
            completions.append(.plain(done))
        case .housekeep(let done):
            housekeep()
            completions.append(.housekeeping(done))
        case .emptyStore(let slot, let done):
            open.mailboxes.empty(slot)
            completions.append(.plain(done))
        }
    }

    private func append(
        _ records: [[UInt8]], _ slot: Slot, _ done: @escaping @Sendable ([AppendOutcome]) -> Void, _ log: LogWriter
    ) {
        let fault = faults.nextAppend()
        if let fault, fault != .unknownLanded {
            return completions.append(.append(done, log.outcomes(of: records.count, slot, fault)))
        }
        let outcomes = log.append(records, to: slot, now: now.wall)
        completions.append(.append(done, fault == nil ? outcomes : outcomes.map { _ in .unknown }))
    }

    private func apply(
        _ step: StoreStep, _ done: @escaping @Sendable (StepOutcome) -> Void, _ mailboxes: MailboxWriter
    ) throws(DatabaseError) {
        switch faults.nextStep() {
        case nil: completions.append(.step(done, try mailboxes.apply(step)))
        case .fail: completions.append(.step(done, .failed(.unavailable)))
        case .drop: completions.append(.step(done, .applied))
        case .unknownLost: completions.append(.step(done, .unknown))
        case .unknownLanded:
            _ = try mailboxes.apply(step)
            completions.append(.step(done, .unknown))
        }
    }

    private func put(_ rows: [RowChange]) {
        for row in rows {
            if row.value.isEmpty { batch.delete(.cluster, row.key) } else { batch.put(.cluster, row.key, row.value) }
        }
    }

    // MARK: The round's end

    private func commit() {
        guard let open else { return answerUnknown() }
        do throws(DatabaseError) {
            try open.mailboxes.finishRound()
            if !batch.isEmpty {
                if faults.failsRound() { throw DatabaseError("IO error: injected") }
                try open.database.write(batch, sync: configuration.fsync)
            }
            roundWritten(open)
        } catch {
            giveUpRound(error)
        }
    }

    private func roundWritten(_ open: OpenDatabase) {
        batch.clear()
        open.roundWritten()
        for completion in completions { completion.finish() }
        completions.removeAll(keepingCapacity: true)
    }

    /// Answers all of the round as unknown, and closes the database until it can be opened again.
    func giveUpRound(_ error: DatabaseError) {
        recovery.begin(error, ends: open?.log.ends ?? recovery.ends, now)
        context.health.withLock { $0 = .failed }
        batch.clear()
        open = nil
        context.gate.replace(with: nil)
        answerUnknown()
    }

    private func answerUnknown() {
        for completion in completions { completion.finishUnknown() }
        completions.removeAll(keepingCapacity: true)
    }

    // MARK: Housekeeping

    private func checkDisk() {
        nextDiskCheck = now.monotonic + configuration.diskCheckMilliseconds
        let free = context.environment.freeBytes(configuration.folder)
        context.isDiskFull.store(free.map { $0 < configuration.minimumFreeBytes } ?? false, ordering: .relaxed)
    }

    private func housekeep() {
        nextHousekeeping = now.monotonic + configuration.housekeepingMilliseconds
        guard let open else { return }
        open.log.trim(now: now.wall)
        do throws(DatabaseError) {
            try sweep.run(open.database, open.mailboxes, cutoff: now.wall - configuration.limits.mailboxMilliseconds)
        } catch {
            giveUpRound(error)
        }
    }
}
