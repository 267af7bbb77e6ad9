import MartletCore
import MartletIO
import MartletProtocol

/// One slot at its owner: the slot machine and the sessions of its users, and the hands that carry out what both of
/// them say. Confined to the loop that serves the slot.
final class SlotRuntime {
    /// What is read from the log at once.
    static let readRecords = 512
    static let readBytes = 1 << 20

    let slot: Slot
    /// Tells this runtime's completions from those of one that served the slot before.
    let instance: UInt64
    unowned let loop: GatewayLoop
    private(set) var machine: SlotMachine
    private(set) var sessions: HomeSessions
    private var reader: (any LogReader)?
    private var readerSerial: UInt64 = 0
    /// A read is under way: there is one at a time.
    private var isReading = false
    private var slotActions: [SlotAction] = []
    private var homeActions: [HomeAction] = []
    private var isSettling = false
    private(set) var isStopped = false
    private var encoded: [UInt8] = []

    init(slot: Slot, mapEpoch: Epoch, instance: UInt64, loop: GatewayLoop) {
        self.slot = slot
        self.instance = instance
        self.loop = loop
        let node = loop.node
        let slots = loop.slotCount
        machine = SlotMachine(
            slot: slot, slotCount: slots, generation: node.engine.log.generation,
            slotOf: { Slot(of: $0, slots: slots) })
        sessions = HomeSessions(slot: slot, settings: node.homeSettings(slots: slots))
        machine.start(mapEpoch: mapEpoch, worker: UInt16(node.worker), now: loop.io.now, into: &slotActions)
        settle()
    }

    /// A loop that was killed says no goodbye, and its reader would wait in the engine for ever.
    deinit { reader?.cancel() }

    // MARK: inputs

    func handle(_ message: SlotMessage) {
        if case .acknowledged(let target, let upTo) = message {
            machine.acknowledged(by: target, upTo: upTo, now: loop.io.now, into: &slotActions)
        } else {
            sessions.handle(message, slot: machine, now: loop.io.now, into: &homeActions)
        }
        settle()
    }

    func handle(_ completion: SlotCompletion) {
        let now = loop.io.now
        switch completion {
        case .opened(let result): machine.opened(result, now: now, into: &slotActions)
        case .claimed(let outcome): machine.claimed(outcome, now: now, into: &slotActions)
        case .read(let result, let serial):
            guard serial == readerSerial else { return }
            isReading = false
            machine.read(result, now: now, into: &slotActions)
        case .appended(let tokens, let outcomes):
            for (token, outcome) in zip(tokens, outcomes) {
                machine.appended(token: token, outcome, now: now, into: &slotActions)
            }
        case .devices(let keys, let result): devicesLoaded(keys, result)
        case .attachedDevice(let device, let result): deviceRead(device, result)
        case .stepped(let outcome):
            machine.stepped(outcome, now: now, into: &slotActions)
            sessions.stored(upTo: machine.storedOffset, slot: machine, now: now, into: &homeActions)
        case .checkpoint(let result): checkpointRead(result)
        case .answered(let token, let result):
            sessions.answered(token: token, result, slot: machine, now: now, into: &homeActions)
        }
        settle()
    }

    func handlePresence(token: UInt64, _ users: Result<[UserPresence], PortError>) {
        sessions.presence(token: token, users, now: loop.io.now, into: &homeActions)
        settle()
    }

    func tick() {
        machine.tick(now: loop.io.now, into: &slotActions)
        sessions.tick(slot: machine, now: loop.io.now, into: &homeActions)
        settle()
    }

    /// The coordinator asked for it: everything decided is stored, then the slot is let go.
    func release() {
        machine.release(now: loop.io.now, into: &slotActions)
        settle()
    }

    func edgeGone(_ node: NodeID, incarnation: UInt64) {
        sessions.edgeGone(
            EdgeRef(node: node, incarnation: incarnation), slot: machine, now: loop.io.now, into: &homeActions)
        settle()
    }

    /// Lets go, and tells the edges of its sessions so; what is under way in the ports may still land.
    func stop() {
        guard !isStopped else { return }
        homeActions = []
        sessions.stop(into: &homeActions)
        for case .notHome(let session) in homeActions { loop.send(.notHome(session: session.id), to: EdgeRef(session)) }
        isStopped = true
        reader?.cancel()
        reader = nil
    }

    private func devicesLoaded(_ keys: [DeviceKey], _ result: Result<MailboxAnswer, PortError>) {
        guard case .success(.devices(let forwarded, let states)) = result else {
            return machine.devicesNotLoaded(.unavailable, now: loop.io.now)
        }
        machine.devicesLoaded(
            forwarded: forwarded, Array(zip(keys, states)), now: loop.io.now, into: &slotActions)
    }

    /// The machine gets the device's state; one that is older than what it has dropped from memory is read again.
    private func attach(_ device: DeviceKey, _ state: DeviceState?, asOfForwarded forwarded: Offset) {
        guard !machine.deviceAttached(device, state, asOfForwarded: forwarded, now: loop.io.now, into: &slotActions)
        else { return }
        readDevice(device)
    }

    private func readDevice(_ device: DeviceKey) {
        loop.node.engine.mailboxes.read(.devices([device]), in: slot, done: completing { .attachedDevice(device, $0) })
    }

    private func deviceRead(_ device: DeviceKey, _ result: Result<MailboxAnswer, PortError>) {
        guard case .success(.devices(let forwarded, let states)) = result else {
            return loop.later { [weak self] in self?.readDevice(device) }
        }
        attach(device, states.first ?? nil, asOfForwarded: forwarded)
    }

    private func checkpointRead(_ result: Result<MailboxAnswer, PortError>) {
        if case .success(.checkpoint(let forwarded, let rows)) = result {
            machine.checkpointRows(.success((forwarded, rows)), now: loop.io.now, into: &slotActions)
        } else {
            machine.checkpointRows(.failure(.unavailable), now: loop.io.now, into: &slotActions)
        }
    }

    // MARK: signals

    /// Whether all sessions of the user with these key bytes are on this loop's own connections; no allocation.
    func servesHere(_ user: Span<UInt8>) -> Bool {
        guard var targets = sessions.signalTargets(user) else { return true }
        while let target = sessions.next(&targets) {
            guard isLocal(target) else { return false }
        }
        return true
    }

    /// The sessions of that user; no allocation.
    func forEachSession(of user: Span<UInt8>, _ body: (UInt64) -> Void) {
        guard var targets = sessions.signalTargets(user) else { return }
        while let target = sessions.next(&targets) { body(target.session) }
    }

    private func isLocal(_ target: SignalTarget) -> Bool {
        let edge = sessions.edge(target.edgeIndex)
        return edge.incarnation == loop.node.incarnation && SessionID(target.session).loop == loop.index
    }

    // MARK: actions

    /// Carries out what the two machines say until neither says more. What one says may be news for the other.
    private func settle() {
        guard !isSettling else { return }
        isSettling = true
        while !isStopped && !(slotActions.isEmpty && homeActions.isEmpty) {
            drain(&slotActions) { perform($0) }
            drain(&homeActions) { perform($0) }
        }
        isSettling = false
        if let reader, !isReading, !isStopped, machine.wantsRecords { next(reader) }
    }

    /// Performs the actions in order; those that are added meanwhile come in the next round.
    private func drain<Action>(_ actions: inout [Action], _ perform: (Action) -> Void) {
        guard !actions.isEmpty else { return }
        let batch = actions
        actions = []
        for action in batch where !isStopped { perform(action) }
    }

    private func perform(_ action: SlotAction) {
        let now = loop.io.now
        switch action {
        case .open: open()
        case .claim(let epoch): loop.node.engine.mailboxes.claim(slot, epoch: epoch, done: completing { .claimed($0) })
        case .readLog(let from): startReading(from)
        case .append(let target, let record, let token): loop.appends.add(record, to: target, token, from: self)
        case .loadDevices(let keys):
            loop.node.engine.mailboxes.read(.devices(keys), in: slot, done: completing { .devices(keys, $0) })
        case .step(let step): loop.node.engine.mailboxes.apply(step, done: completing { .stepped($0) })
        case .readCheckpoint:
            loop.node.engine.mailboxes.read(.checkpoint, in: slot, done: completing { .checkpoint($0) })
        case .ready(let epoch):
            loop.owns(slot, epoch)
            sessions.ready(slot: machine, now: now, into: &homeActions)
        case .decided(let user, let entry):
            sessions.decided(user: user, entry, slot: machine, now: now, into: &homeActions)
        case .readDecided(let mark, let offset):
            sessions.readDecided(mark, at: offset, slot: machine, now: now, into: &homeActions)
        case .answer(let device, let sequence, let answer):
            sessions.answer(device, sequence, answer, slot: machine, now: now, into: &homeActions)
        case .acknowledge(let source, let upTo): loop.send(.acknowledged(target: slot, upTo: upTo), to: source)
        case .allowTrim(let before): loop.node.engine.log.allowTrim(of: slot, before: before)
        case .stop(let reason): loop.homes.stopped(self, reason)
        }
    }

    private func perform(_ action: HomeAction) {
        let now = loop.io.now
        switch action {
        case .attached(let session, let attached):
            loop.send(.attached(session: session.id, attached), to: EdgeRef(session))
        case .notHome(let session): loop.send(.notHome(session: session.id), to: EdgeRef(session))
        case .deliver(let edge, let ids, let envelope, let settles, let pushedUpTo, let live):
            encoded.removeAll(keepingCapacity: true)
            FrameCodec.encode(envelope, .proto, into: &encoded)
            loop.send(
                .deliver(sessions: ids, frame: encoded, settles: settles, pushedUpTo: pushedUpTo, live: live), to: edge)
        case .close(let edge, let ids, let code, let reason):
            loop.send(.close(sessions: ids, code: code, reason: reason), to: edge)
        case .query(let token, let query):
            loop.node.engine.mailboxes.read(query, in: slot, done: completing { .answered(token: token, $0) })
        case .presenceQuery(let token, let users): askPresence(token, users)
        case .deviceLoaded(let device, let state, let forwarded):
            attach(device, state, asOfForwarded: forwarded)
        case .forget(let device): machine.forgetDevice(device)
        case .take(var send):
            guard let id = loop.makeID() else {
                return sessions.answer(
                    send.posted.sender, send.posted.clientSequence,
                    .temporary(.unavailable, retryAfterMilliseconds: 100), slot: machine, now: now, into: &homeActions)
            }
            send.posted.id = id
            machine.take(send, now: now, into: &slotActions)
        case .write(let mark): write(mark)
        case .operations(let operations): machine.add(operations: operations, now: now, into: &slotActions)
        case .presence(let changes):
            let metrics = loop.node.metrics
            loop.node.engine.presence.apply(changes, in: slot) { if $0 != nil { metrics.presenceFailures.add(1) } }
        case .receipts(let target, let notes): loop.send(.receipts(source: slot, notes), to: target)
        case .receiptsStored(let target, let notes): loop.send(.receiptsStored(target: slot, notes), to: target)
        case .later: break  // It is ticked anyway.
        }
    }

    /// A mark that cannot be written now is written as soon as it can.
    private func write(_ mark: ReadMark) {
        guard !machine.write(.read(mark), now: loop.io.now, into: &slotActions) else { return }
        loop.later { [weak self] in
            self?.write(mark)
            self?.settle()
        }
    }

    // MARK: ports

    /// A port's completion that comes back to this runtime on its loop.
    private func completing<Value: Sendable>(
        _ make: @escaping @Sendable (Value) -> SlotCompletion
    ) -> @Sendable (Value) -> Void {
        let (sender, slot, instance) = (loop.sender, slot, instance)
        return { sender.post(.completion(slot, instance: instance, make($0))) }
    }

    private func open() {
        let (engine, slot) = (loop.node.engine, slot)
        let opened: @Sendable (Result<(StoredSlot, LogBounds), PortError>) -> Void = completing { .opened($0) }
        engine.mailboxes.head(of: slot) { head in
            switch head {
            case .failure(let error): opened(.failure(error))
            case .success(let stored):
                engine.log.bounds(of: slot) { bounds in opened(bounds.map { (stored, $0) }) }
            }
        }
    }

    private func startReading(_ offset: Offset) {
        reader?.cancel()
        let reader = loop.node.engine.log.reader(of: slot, from: offset)
        self.reader = reader
        readerSerial += 1
        isReading = false
    }

    private func next(_ reader: any LogReader) {
        isReading = true
        let serial = readerSerial
        reader.next(
            maxRecords: Self.readRecords, maxBytes: Self.readBytes, done: completing { .read($0, reader: serial) })
    }

    private func askPresence(_ token: UInt64, _ users: [Key]) {
        let (sender, slot, instance) = (loop.sender, slot, instance)
        loop.node.engine.presence.query(users) {
            sender.post(.presence(token: token, slot, instance: instance, users, $0))
        }
    }
}
