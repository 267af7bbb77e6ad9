/// What goes on when the store has answered.
enum PendingQuery {
    case attach(SessionHandle, Attach)
    /// The head of the conversation of the first entry of a user's stream that waits.
    case head(user: Key, seq: Offset)
    case syncPage(sync: UInt64)
    case syncChanged(sync: UInt64)
    case history(Asked, HistoryRequest)
    case conversations(Asked, ConversationsRequest)
    case presence(Asked)
    /// The message that the first waiting send of this session is about.
    case target(SessionHandle)
    /// A conversation that changed, for the live sessions.
    case state(user: Key, peer: Peer)
    /// What a read mark means to the other side.
    case readSource(ReadMark, before: Offset)
    case unreceipted
    case unreceiptedUser(Key)
    case scan(ReceiptScan)
}

/// Who waits for an answer.
struct Asked {
    var session: SessionHandle
    /// The frame's number at its edge.
    var request: UInt64
    var ref: UInt64?
}

extension HomeSessions {
    @discardableResult
    mutating func ask(_ query: MailboxQuery, for pending: PendingQuery) -> UInt64 {
        lastToken += 1
        queries[lastToken] = pending
        out.append(.query(token: lastToken, query))
        return lastToken
    }

    /// An answer from before what is known to be stored would miss what is pending no more: it is asked for again.
    func isStale(_ asOf: Offset) -> Bool { asOf < place.stored }

    mutating func resume(_ pending: PendingQuery, _ token: UInt64, _ answer: MailboxAnswer, _ slot: some SlotView) {
        switch (pending, answer) {
        case (.attach(let session, let attach), .attach(let row)): loaded(session, attach, token, row, slot)
        case (.head(let user, let seq), .head(let asOf, let head)): resolved(user, seq, asOf: asOf, head)
        case (.syncPage(let sync), .page(let page)): syncRead(sync, slot) { $0.page = page }
        case (.syncChanged(let sync), .conversations(let asOf, let states, let more)):
            syncRead(sync, slot) { $0.changed = ChangedStates(asOf: asOf, states: states, more: more) }
        case (.history(let asked, let request), .history(let asOf, let entries, let more)):
            historyRead(asked, request, asOf: asOf, entries, more: more)
        case (.conversations(let asked, let request), .conversations(let asOf, let states, let more)):
            conversationsRead(asked, request, asOf: asOf, states, more: more)
        case (.target(let session), .entry(let asOf, let entry)): targetRead(session, asOf: asOf, entry)
        case (.state(let user, let peer), .conversation(let asOf, let state)):
            stateRead(user, peer, asOf: asOf, state, slot)
        case (.readSource(let mark, _), .history(_, let entries, let more)): sourceRead(mark, entries, more: more)
        case (.unreceipted, .users(let users)): unreceipted(users)
        case (.unreceiptedUser(let user), .attach(let row)): unreceipted(user, row)
        case (.scan(let scan), .page(let page)): scanned(scan, page)
        default: fail(pending, token, .corrupt("answer of another kind"))
        }
    }

    mutating func fail(_ pending: PendingQuery, _ token: UInt64, _ error: PortError) {
        switch pending {
        case .attach(let session, let attach): retryAttach(session, attach, token)
        case .head(let user, let seq): unresolved(user, seq)
        case .syncPage(let sync), .syncChanged(let sync): failSync(sync)
        case .history(let asked, _), .conversations(let asked, _), .presence(let asked): unavailable(asked)
        case .target(let session): targetFailed(session)
        case .state(let user, let peer):
            retry(.conversation(user: user, peer: peer), for: pending)
        case .readSource(let mark, let before): retry(sourceQuery(mark, before: before), for: pending)
        case .unreceipted: retry(.unreceipted, for: pending)
        case .unreceiptedUser(let user): retry(receiptRowQuery(user), for: pending)
        case .scan(let scan): retry(pageQuery(scan), for: pending)
        }
    }
}
