/// One slot at its owner: the slot machine that decides, and the sessions that hear of it. What one of them says and
/// the other has to know stays in here; out come only actions that a shell has to carry out.
///
/// A value without clock and I/O, like its two halves: a gateway runs it on a loop, a simulator runs many in one thread.
public struct HomeSlot {
    public private(set) var machine: SlotMachine
    public private(set) var sessions: HomeSessions
    /// What the shell has to do; it takes them with `takeActions`.
    private var slotActions: [SlotAction] = []
    private var homeActions: [HomeAction] = []
    /// What the halves said and nobody has looked at yet.
    private var slotNews: [SlotAction] = []
    private var homeNews: [HomeAction] = []
    /// What was heard last: its storage is used again.
    private var slotSpare: [SlotAction] = []
    private var homeSpare: [HomeAction] = []
    /// Marks that could not be written yet.
    private var waitingMarks: [ReadMark] = []
    /// Devices whose state could not be read, or was read too old.
    private var waitingDevices: [DeviceKey] = []
    private var deviceBackoff = Backoff(SlotTuning())
    private let makeID: @Sendable (Now) -> MessageID?

    /// `makeID`: a fresh message id; nil: none can be made now, and the send gets `unavailable`.
    public init(
        machine: SlotMachine, sessions: HomeSessions, makeID: @escaping @Sendable (Now) -> MessageID?
    ) {
        self.machine = machine
        self.sessions = sessions
        self.makeID = makeID
    }

    public var wantsRecords: Bool { machine.wantsRecords }

    /// Takes what the shell has to do, in order. Actions of the two kinds do not depend on each other.
    public mutating func takeActions(_ slot: inout [SlotAction], _ home: inout [HomeAction]) {
        swap(&slot, &slotActions)
        swap(&home, &homeActions)
    }

    // MARK: inputs

    public mutating func start(mapEpoch: Epoch, worker: UInt16, now: Now) {
        machine.start(mapEpoch: mapEpoch, worker: worker, now: now, into: &slotNews)
        settle(now)
    }

    public mutating func handle(_ message: SlotMessage, now: Now) {
        if case .acknowledged(let target, let upTo) = message {
            machine.acknowledged(by: target, upTo: upTo, now: now, into: &slotNews)
        } else {
            sessions.handle(message, slot: machine, now: now, into: &homeNews)
        }
        settle(now)
    }

    public mutating func opened(_ result: Result<(StoredSlot, LogBounds), PortError>, now: Now) {
        machine.opened(result, now: now, into: &slotNews)
        settle(now)
    }

    public mutating func claimed(_ outcome: StepOutcome, now: Now) {
        machine.claimed(outcome, now: now, into: &slotNews)
        settle(now)
    }

    public mutating func read(_ read: LogRead, now: Now) {
        machine.read(read, now: now, into: &slotNews)
        settle(now)
    }

    public mutating func appended(_ tokens: [UInt64], _ outcomes: [AppendOutcome], now: Now) {
        for (token, outcome) in zip(tokens, outcomes) {
            machine.appended(token: token, outcome, now: now, into: &slotNews)
        }
        settle(now)
    }

    /// Answers `loadDevices`.
    public mutating func devicesLoaded(
        _ keys: [DeviceKey], _ result: Result<MailboxAnswer, PortError>, now: Now
    ) {
        if case .success(.devices(let forwarded, let states)) = result {
            machine.devicesLoaded(forwarded: forwarded, Array(zip(keys, states)), now: now, into: &slotNews)
        } else {
            machine.devicesNotLoaded(.unavailable, now: now)
        }
        settle(now)
    }

    /// A device's state, read again because its attach had read one that was too old.
    public mutating func deviceRead(_ device: DeviceKey, _ state: DeviceState?, forwarded: Offset, now: Now) {
        if !machine.deviceAttached(device, state, asOfForwarded: forwarded, now: now, into: &slotNews) {
            deviceUnread(device, now: now)
        } else if waitingDevices.isEmpty {
            deviceBackoff.succeeded()
        }
        settle(now)
    }

    /// The store did not answer: it is asked again, less and less often.
    public mutating func deviceUnread(_ device: DeviceKey, now: Now) {
        waitingDevices.append(device)
        if deviceBackoff.dueAt == nil { deviceBackoff.failed(now) }
    }

    public mutating func stepped(_ outcome: StepOutcome, now: Now) {
        machine.stepped(outcome, now: now, into: &slotNews)
        sessions.stored(upTo: machine.storedOffset, slot: machine, now: now, into: &homeNews)
        settle(now)
    }

    public mutating func checkpointRead(_ result: Result<MailboxAnswer, PortError>, now: Now) {
        if case .success(.checkpoint(let forwarded, let rows)) = result {
            machine.checkpointRows(.success((forwarded, rows)), now: now, into: &slotNews)
        } else {
            machine.checkpointRows(.failure(.unavailable), now: now, into: &slotNews)
        }
        settle(now)
    }

    public mutating func answered(token: UInt64, _ result: Result<MailboxAnswer, PortError>, now: Now) {
        sessions.answered(token: token, result, slot: machine, now: now, into: &homeNews)
        settle(now)
    }

    public mutating func presence(token: UInt64, _ result: Result<[UserPresence], PortError>, now: Now) {
        sessions.presence(token: token, result, now: now, into: &homeNews)
        settle(now)
    }

    public mutating func edgeGone(_ edge: EdgeRef, now: Now) {
        sessions.edgeGone(edge, slot: machine, now: now, into: &homeNews)
        settle(now)
    }

    public mutating func edgeRelinked(_ edge: EdgeRef, now: Now) {
        sessions.edgeRelinked(edge, slot: machine, now: now, into: &homeNews)
        settle(now)
    }

    public mutating func tick(now: Now) {
        machine.tick(now: now, into: &slotNews)
        sessions.tick(slot: machine, now: now, into: &homeNews)
        writeWaitingMarks(now)
        readWaitingDevices(now)
        settle(now)
    }

    /// In order, and not beyond the first that cannot be written yet.
    private mutating func writeWaitingMarks(_ now: Now) {
        var written = 0
        while written < waitingMarks.count, machine.write(.read(waitingMarks[written]), now: now, into: &slotNews) {
            written += 1
        }
        waitingMarks.removeFirst(written)
    }

    private mutating func readWaitingDevices(_ now: Now) {
        guard deviceBackoff.isDue(now) else { return }
        homeActions += waitingDevices.map { .readDevice($0) }
        waitingDevices = []
    }

    /// The coordinator asked for it: everything decided is stored, then the slot is let go.
    public mutating func release(now: Now) {
        machine.release(now: now, into: &slotNews)
        settle(now)
    }

    /// Lets go at once: its sessions' edges are to look for another home.
    public mutating func stop() -> [SessionRef] {
        homeNews = []
        sessions.stop(into: &homeNews)
        return homeNews.compactMap { if case .notHome(let session) = $0 { session } else { nil } }
    }

    // MARK: signals

    /// Whether `isLocal` holds for all sessions of the user with these key bytes. No allocation.
    public mutating func servesAll(_ user: Span<UInt8>, where isLocal: (EdgeRef, UInt64) -> Bool) -> Bool {
        guard var targets = sessions.signalTargets(user) else { return true }
        while let target = sessions.next(&targets) {
            guard isLocal(sessions.edge(target.edgeIndex), target.session) else { return false }
        }
        return true
    }

    /// Calls `body` with each session of the user with these key bytes. No allocation.
    public mutating func forEachSession(of user: Span<UInt8>, _ body: (UInt64) -> Void) {
        guard var targets = sessions.signalTargets(user) else { return }
        while let target = sessions.next(&targets) { body(target.session) }
    }

    // MARK: between the halves

    /// Tells each half what the other said, until neither says more.
    private mutating func settle(_ now: Now) {
        while !(slotNews.isEmpty && homeNews.isEmpty) {
            var slot = Self.takeSpare(&slotSpare)
            swap(&slot, &slotNews)
            for index in slot.indices { hear(slot[index].take(), now) }
            slotSpare = slot
            var home = Self.takeSpare(&homeSpare)
            swap(&home, &homeNews)
            for index in home.indices { hear(home[index].take(), now) }
            homeSpare = home
        }
    }

    /// An empty array with the storage of one that was heard before.
    private static func takeSpare<Action>(_ spare: inout [Action]) -> [Action] {
        var taken: [Action] = []
        swap(&taken, &spare)
        taken.removeAll(keepingCapacity: taken.capacity < 1_024)
        return taken
    }

    private mutating func hear(_ action: SlotAction, _ now: Now) {
        switch action {
        case .decided(let user, let entry):
            sessions.decided(user: user, entry, slot: machine, now: now, into: &homeNews)
        case .readDecided(let mark, let offset):
            sessions.readDecided(mark, at: offset, slot: machine, now: now, into: &homeNews)
        case .answer(let device, let sequence, let answer):
            sessions.answer(device, sequence, answer, slot: machine, now: now, into: &homeNews)
        case .ready:
            sessions.ready(slot: machine, now: now, into: &homeNews)
            slotActions.append(action)
        case .open, .claim, .readLog, .append, .loadDevices, .step, .readCheckpoint, .acknowledge, .allowTrim, .stop:
            slotActions.append(action)
        }
    }

    private mutating func hear(_ action: HomeAction, _ now: Now) {
        switch action {
        case .deviceLoaded(let device, let state, let forwarded): attach(device, state, forwarded, now)
        case .forget(let device): machine.forgetDevice(device)
        case .take(let send): take(send, now)
        case .write(let mark): write(mark, now)
        case .operations(let operations): machine.add(operations: operations, now: now, into: &slotNews)
        case .storeSoon(let offset): machine.storeSoon(upTo: offset, now: now, into: &slotNews)
        case .attached, .notHome, .deliver, .close, .query, .presenceQuery, .presence, .receipts, .receiptsStored,
            .later:
            homeActions.append(action)
        case .readDevice: homeActions.append(action)
        }
    }

    private mutating func take(_ send: TakenSend, _ now: Now) {
        guard let id = makeID(now) else {
            let answer = SendAnswer.temporary(.unavailable, retryAfterMilliseconds: 100)
            return sessions.answer(
                send.posted.sender, send.posted.clientSequence, answer, slot: machine, now: now, into: &homeNews)
        }
        var send = send
        send.posted.id = id
        machine.take(send, now: now, into: &slotNews)
    }

    /// A mark that cannot be written now is written as soon as it can.
    private mutating func write(_ mark: ReadMark, _ now: Now) {
        if !waitingMarks.isEmpty || !machine.write(.read(mark), now: now, into: &slotNews) {
            waitingMarks.append(mark)
        }
    }

    /// A state that is older than what the machine has dropped from memory is read again.
    private mutating func attach(_ device: DeviceKey, _ state: DeviceState?, _ forwarded: Offset, _ now: Now) {
        if !machine.deviceAttached(device, state, asOfForwarded: forwarded, now: now, into: &slotNews) {
            homeActions.append(.readDevice(device))
        }
    }
}
