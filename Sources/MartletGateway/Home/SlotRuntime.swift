import MartletCore
import MartletIO
import MartletProtocol
import Synchronization

/// The hands of one slot at its owner: carries out what its `HomeSlot` says, and brings back what became of it.
/// Confined to the loop that serves the slot.
final class SlotRuntime {
    /// What is read from the log at once.
    static let readRecords = 512
    static let readBytes = 1 << 20

    let slot: Slot
    /// Tells this runtime's completions from those of one that served the slot before.
    let instance: UInt64
    unowned let loop: GatewayLoop
    private var home: HomeSlot
    private(set) var isStopped = false
    private var isReady = false
    private var isSettling = false
    private var reader: (any LogReader)?
    private var readerSerial: UInt64 = 0
    /// A read is under way: there is one at a time.
    private var isReading = false
    private var slotActions: [SlotAction] = []
    private var homeActions: [HomeAction] = []
    private var encoded: [UInt8] = []
    private var presence = PresenceOutbox()

    init(slot: Slot, mapEpoch: Epoch, instance: UInt64, loop: GatewayLoop) {
        self.slot = slot
        self.instance = instance
        self.loop = loop
        loop.node.cells.slots.add(1, ordering: .relaxed)
        home = loop.node.makeHome(slot, slots: loop.slotCount)
        home.start(mapEpoch: mapEpoch, worker: UInt16(loop.node.worker), now: loop.io.now)
        settle()
    }

    /// A loop that was killed says no goodbye, and its reader would wait in the engine for ever.
    deinit { reader?.cancel() }

    // MARK: inputs

    func handle(_ message: SlotMessage) {
        home.handle(message, now: loop.io.now)
        settle()
    }

    func handle(_ completion: SlotCompletion) {
        let now = loop.io.now
        switch completion {
        case .opened(let result): home.opened(result, now: now)
        case .claimed(let outcome): home.claimed(outcome, now: now)
        case .read(let result, let serial):
            guard serial == readerSerial else { return }
            isReading = false
            home.read(result, now: now)
        case .appended(let tokens, let outcomes): home.appended(tokens, outcomes, now: now)
        case .devices(let keys, let result): home.devicesLoaded(keys, result, now: now)
        case .attachedDevice(let device, let result): deviceRead(device, result)
        case .stepped(let outcome): home.stepped(outcome, now: now)
        case .checkpoint(let result): home.checkpointRead(result, now: now)
        case .answered(let token, let result): home.answered(token: token, result, now: now)
        case .presenceTold(let error):
            if error != nil { loop.node.metrics.presenceFailures.add(1) }
            presence.answered(error, now: now.monotonic)
            tellPresence()
        }
        settle()
    }

    func handlePresence(token: UInt64, _ users: Result<[UserPresence], PortError>) {
        home.presence(token: token, users, now: loop.io.now)
        settle()
    }

    func tick() {
        home.tick(now: loop.io.now)
        settle()
        tellPresence()
    }

    /// The coordinator asked for it: everything decided is stored, then the slot is let go.
    func release() {
        home.release(now: loop.io.now)
        settle()
    }

    func edgeRelinked(_ node: NodeID, incarnation: UInt64) {
        home.edgeRelinked(EdgeRef(node: node, incarnation: incarnation), now: loop.io.now)
        settle()
    }

    func edgeGone(_ node: NodeID, incarnation: UInt64) {
        home.edgeGone(EdgeRef(node: node, incarnation: incarnation), now: loop.io.now)
        settle()
    }

    /// Lets go, and tells the edges of its sessions so; what is under way in the ports may still land.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        loop.node.cells.slots.subtract(1, ordering: .relaxed)
        if isReady { loop.node.cells.readySlots.subtract(1, ordering: .relaxed) }
        for session in home.stop() { loop.send(.notHome(session: session.id), to: EdgeRef(session)) }
        let ends = presence.takeEnds()
        if !ends.isEmpty { loop.node.engine.presence.apply(ends, in: slot) { _ in } }
        reader?.cancel()
        reader = nil
    }

    /// What it owns the slot under: not below the map's when it began, and above it where it had to claim a higher one.
    var epoch: Epoch { home.machine.epoch }

    /// Whether all sessions of the user with these key bytes are on this loop's own connections; no allocation.
    func servesHere(_ user: Span<UInt8>) -> Bool {
        let (incarnation, index) = (loop.node.incarnation, loop.index)
        return home.servesAll(user) { $0.incarnation == incarnation && SessionID($1).loop == index }
    }

    /// The sessions of that user; no allocation.
    func forEachSession(of user: Span<UInt8>, _ body: (UInt64) -> Void) { home.forEachSession(of: user, body) }

    private func deviceRead(_ device: DeviceKey, _ result: Result<MailboxAnswer, PortError>) {
        guard case .success(.devices(let forwarded, let states)) = result else {
            return home.deviceUnread(device, now: loop.io.now)
        }
        home.deviceRead(device, states.first ?? nil, forwarded: forwarded, now: loop.io.now)
    }

    // MARK: actions

    /// Carries out what the slot says, in order, until it says no more.
    private func settle() {
        guard !isSettling else { return }
        isSettling = true
        // In locals, so that what an action leads to can look at this object; back again, so that they keep their storage.
        var slot: [SlotAction] = []
        var home: [HomeAction] = []
        swap(&slot, &slotActions)
        swap(&home, &homeActions)
        self.home.takeActions(&slot, &home)
        while !isStopped, !(slot.isEmpty && home.isEmpty) {
            for index in slot.indices where !isStopped { perform(slot[index].take()) }
            for index in home.indices where !isStopped { perform(home[index].take()) }
            slot.removeAll(keepingCapacity: true)
            home.removeAll(keepingCapacity: true)
            self.home.takeActions(&slot, &home)
        }
        swap(&slot, &slotActions)
        swap(&home, &homeActions)
        isSettling = false
        if let reader, !isReading, !isStopped, self.home.wantsRecords { next(reader) }
    }

    private func perform(_ action: SlotAction) {
        let mailboxes = loop.node.engine.mailboxes
        switch action {
        case .open: open()
        case .claim(let epoch): mailboxes.claim(slot, epoch: epoch, done: completing { .claimed($0) })
        case .readLog(let from): startReading(from)
        case .append(let target, let record, let token): loop.appends.add(record, to: target, token, from: self)
        case .loadDevices(let keys): mailboxes.read(.devices(keys), in: slot, done: completing { .devices(keys, $0) })
        case .step(let step): mailboxes.apply(step, done: completing { .stepped($0) })
        case .readCheckpoint: mailboxes.read(.checkpoint, in: slot, done: completing { .checkpoint($0) })
        case .ready(let epoch): becameReady(epoch)
        case .acknowledge(let source, let upTo): loop.send(.acknowledged(target: slot, upTo: upTo), to: source)
        case .allowTrim(let before): loop.node.engine.log.allowTrim(of: slot, before: before)
        case .stop(let reason): loop.homes.stopped(self, reason)
        case .decided, .readDecided, .answer: break  // Said to the sessions, inside.
        }
    }

    private func perform(_ action: HomeAction) {
        switch action {
        case .attached(let session, let attached):
            loop.send(.attached(session: session.id, attached), to: EdgeRef(session))
        case .notHome(let session): loop.send(.notHome(session: session.id), to: EdgeRef(session))
        case .deliver(let edge, let ids, let envelope, let settles, let pushedUpTo, let live):
            if let failpoint = loop.node.beforeAccepted { pass(failpoint, envelope) }
            encoded.removeAll(keepingCapacity: true)
            FrameCodec.encode(envelope, .proto, into: &encoded)
            loop.send(
                .deliver(sessions: ids, frame: encoded, settles: settles, pushedUpTo: pushedUpTo, live: live), to: edge)
        case .close(let edge, let ids, let code, let reason):
            loop.send(.close(sessions: ids, code: code, reason: reason), to: edge)
        case .query(let token, let query):
            loop.node.engine.mailboxes.read(query, in: slot, done: completing { .answered(token: token, $0) })
        case .presenceQuery(let token, let users): askPresence(token, users)
        case .presence(let changes):
            presence.add(changes)
            tellPresence()
        case .receipts(let target, let notes): loop.send(.receipts(source: slot, notes), to: target)
        case .receiptsStored(let target, let notes): loop.send(.receiptsStored(target: slot, notes), to: target)
        case .readDevice(let device): readDevice(device)
        case .later: break  // It is ticked anyway.
        case .deviceLoaded, .forget, .take, .write, .operations, .storeSoon: break  // Said to the slot machine, inside.
        }
    }

    private func becameReady(_ epoch: Epoch) {
        if !isReady { loop.node.cells.readySlots.add(1, ordering: .relaxed) }
        isReady = true
        loop.homes.owns(slot, epoch)
    }

    private func pass(_ failpoint: Failpoint, _ envelope: ServerEnvelope) {
        // A home that starts may say again what was answered before; nobody asked for that.
        guard case .accepted(let accepted) = envelope.frame, envelope.ref != nil else { return }
        failpoint.pass("before accepted id=\(accepted.id) seq=\(accepted.seq)")
    }

    // MARK: ports

    /// A port's completion that comes back to this runtime on its loop.
    private func completing<Value: Sendable>(
        _ make: @escaping @Sendable (Value) -> SlotCompletion
    ) -> @Sendable (Value) -> Void {
        let (sender, slot, instance) = (loop.sender, slot, instance)
        return { sender.postAlways(.completion(slot, instance: instance, make($0))) }
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
        reader = loop.node.engine.log.reader(of: slot, from: offset)
        readerSerial += 1
        isReading = false
    }

    private func next(_ reader: any LogReader) {
        isReading = true
        let serial = readerSerial
        reader.next(
            maxRecords: Self.readRecords, maxBytes: Self.readBytes, done: completing { .read($0, reader: serial) })
    }

    private func readDevice(_ device: DeviceKey) {
        loop.node.engine.mailboxes.read(.devices([device]), in: slot, done: completing { .attachedDevice(device, $0) })
    }

    private func tellPresence() {
        guard !isStopped, let changes = presence.next(now: loop.io.now.monotonic) else { return }
        loop.node.engine.presence.apply(changes, in: slot, done: completing { .presenceTold($0) })
    }

    private func askPresence(_ token: UInt64, _ users: [Key]) {
        let (sender, slot, instance) = (loop.sender, slot, instance)
        loop.node.engine.presence.query(users) {
            sender.postAlways(.presence(token: token, slot, instance: instance, users, $0))
        }
    }
}
