/// What waits for time to pass or for the store to catch up.
struct DeferredWork {
    struct Retry {
        var due: Int64
        var query: MailboxQuery
        var pending: PendingQuery
    }

    struct Stored {
        var offset: Offset
        var since: Int64
        var work: StoredWork
    }

    /// A user whose row says `isOwed`, or said so: the row may be another user's by now.
    struct Owed {
        var user: Int32
        var due: Int64
    }

    struct AskedHead {
        var token: UInt64
        var since: Int64
    }

    var isTickAsked = false
    /// Heads of conversations that were asked for, oldest first; those that were answered are found gone.
    var heads: [AskedHead] = []
    /// The store did not answer: until then entries go out without the head of their conversation.
    var headsUnknownUntil: Int64 = 0
    var retries: [Retry] = []
    var forStore: [Stored] = []
    var presence: [PresenceChange] = []
    /// Ascending by `due`.
    var owed: [Owed] = []
    /// Sessions whose cursor moved.
    var cursors: [SessionHandle] = []
    /// Users whose stream holds something.
    var streams: [Int32] = []
    var syncs: [UInt64: SyncTask] = [:]
    /// Receipts taken, to be confirmed when the store has them.
    var taken: [TakenReceipts] = []
    /// Receipt scans that wait for their turn, and how many are under way.
    var scans: [ReceiptScan] = []
    var scansRunning = 0
    /// Users whose receipts a predecessor owed.
    var unreceipted: [Key] = []

    var isIdle: Bool {
        heads.isEmpty && retries.isEmpty && forStore.isEmpty && presence.isEmpty && cursors.isEmpty && taken.isEmpty
            && owed.isEmpty
    }
}

/// What is asked of the store only when it is as far as this slot's decisions.
enum StoredWork {
    case state(user: Key, peer: Peer)
    case readSource(ReadMark)
    case conversations(Asked, ConversationsRequest)
}

extension HomeSessions {
    /// After a failed read. The store's adapter has tried again on its own before.
    static var retryMilliseconds: Int64 { 200 }
    /// A request that waits for the store longer than this is answered `unavailable`.
    static var patienceMilliseconds: Int64 { 5_000 }

    /// Live messages wait so long for the store at most.
    static var headPatienceMilliseconds: Int64 { 300 }
    static var headsUnknownMilliseconds: Int64 { 1_000 }

    mutating func later() {
        guard !deferred.isTickAsked else { return }
        deferred.isTickAsked = true
        out.append(.later)
    }

    mutating func retry(_ query: MailboxQuery, for pending: PendingQuery, after delay: Int64 = Self.retryMilliseconds) {
        deferred.retries.append(.init(due: now.monotonic + delay, query: query, pending: pending))
        later()
    }

    mutating func runDeferred() {
        flushCursors()
        expireSuspended()
        flushPresence()
        flushReceipts()
        flushOwed()
        expireHeads()
        runRetries()
        repeatReads()
        expire()
        if !deferred.isIdle || !suspended.isEmpty || !receipts.isEmpty || !reads.isEmpty { later() }
    }

    /// Does the work once the store is at `offset`; at once if it is.
    mutating func whenStored(_ offset: Offset, _ work: StoredWork) {
        if offset <= place.stored { return start(work) }
        deferred.forStore.append(.init(offset: offset, since: now.monotonic, work: work))
        out.append(.storeSoon(upTo: offset))
        later()
    }

    mutating func startStoredWork(upTo offset: Offset) {
        guard deferred.forStore.contains(where: { $0.offset <= offset }) else { return }
        let ready = deferred.forStore.filter { $0.offset <= offset }
        deferred.forStore.removeAll { $0.offset <= offset }
        for item in ready { start(item.work) }
    }

    private mutating func start(_ work: StoredWork) {
        switch work {
        case .state(let user, let peer): askState(user, peer)
        case .readSource(let mark):
            let before = mark.seq + 1
            ask(sourceQuery(mark, before: before), for: .readSource(mark, before: before))
        case .conversations(let asked, let request): askConversations(asked, request)
        }
    }

    private mutating func runRetries() {
        let due = deferred.retries.filter { $0.due <= now.monotonic }
        deferred.retries.removeAll { $0.due <= now.monotonic }
        for retry in due {
            if case .attach(let session, let attach) = retry.pending {
                askAttach(session, attach)
            } else {
                ask(retry.query, for: retry.pending)
            }
        }
    }

    private mutating func expire() {
        let oldest = now.monotonic - Self.patienceMilliseconds
        for item in deferred.forStore where item.since < oldest {
            if case .conversations(let asked, _) = item.work { unavailable(asked) }
        }
        deferred.forStore.removeAll {
            guard case .conversations = $0.work else { return false }
            return $0.since < oldest
        }
        // Their sender says them again.
        deferred.taken.removeAll { $0.since < oldest }
    }

    mutating func flushPresence() {
        guard !deferred.presence.isEmpty else { return }
        out.append(.presence(deferred.presence))
        deferred.presence = []
    }

    mutating func tell(_ change: PresenceChange) {
        deferred.presence.append(change)
        if deferred.presence.count >= 256 { flushPresence() }
        later()
    }
}
