import MartletCore
import MartletIO
import MartletProtocol

/// One loop of a gateway: its connections (edge), its slots (home) and, on loop 0, the links and the membership.
/// Confined to its thread; everything here is plain synchronous code.
final class GatewayLoop: LoopHandler {
    typealias Message = LoopMessage

    enum Listener: Int { case clients = 0, links = 1 }

    let node: NodeContext
    let index: Int
    private(set) var io: LoopIO!
    private(set) var table: RoutingTable?
    private(set) lazy var appends = AppendBatches(loop: self)
    private(set) lazy var homes = Homes(loop: self)
    private(set) lazy var edges = EdgeConnections(loop: self)
    /// Nil but on loop 0.
    private(set) var links: Links?
    private var membership: Membership?
    /// What other loops of this node get at the next flush.
    private var outboxes: [[LoopMessage]]
    /// What this loop said to itself; handled before the callback returns.
    private var own: [LoopMessage] = []
    /// What `own` is swapped with while its messages are handled.
    private var handled: [LoopMessage] = []
    private var isDraining = false

    init(node: NodeContext, index: Int) {
        self.node = node
        self.index = index
        outboxes = Array(repeating: [], count: node.loops)
    }

    /// Posts to this loop from any thread.
    /// This loop, for what comes back from other threads. Set before anything runs.
    var sender: EventLoop<GatewayLoop> { siblings[index] }
    private var siblings: [EventLoop<GatewayLoop>] = []
    var slotCount: Int { table?.slots ?? 0 }

    // MARK: LoopHandler

    func started(_ io: LoopIO) {
        self.io = io
        siblings = node.eventLoops()
        do {
            try node.listen(io, loop: index)
        } catch {
            return node.failedToStart("\(error)")
        }
        if index == 0 { links = Links(loop: self) }
    }

    /// All loops listen: the node may be joined and served.
    func join() {
        membership = Membership(loop: self)
        membership?.start()
    }

    func accepted(_ stream: StreamID, listener: Int) {
        if listener == Listener.links.rawValue { links?.accepted(stream) } else { edges.accepted(stream) }
    }

    func connected(_ stream: StreamID, token: UInt64) { links?.connected(stream, token: token) }

    func connectFailed(token: UInt64, error: Int32) {
        links?.connectFailed(token: token, refused: error == SocketError.connectionRefused)
    }

    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        let consumed: Int
        if let links, links.owns(stream) {
            consumed = links.received(stream, bytes.bytes)
        } else {
            consumed = edges.received(stream, &bytes)
        }
        handleOwn()
        return consumed
    }

    func drained(_ stream: StreamID) { edges.drained(stream) }

    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {
        if let links, links.owns(stream) { links.closed(stream) } else { edges.closed(stream) }
        handleOwn()
    }

    func messages(_ batch: inout [LoopMessage]) {
        handleAll(&batch)
        handleOwn()
    }

    func ticked(_ now: Now) {
        membership?.tick()
        links?.tick()
        homes.tick()
        edges.tick(now)
        handleOwn()
    }

    func willFlush() {
        edges.resumeReading()
        handleOwn()
        appends.flushIfDue()
        for target in outboxes.indices where !outboxes[target].isEmpty { empty(&outboxes[target], into: target) }
    }

    /// What a loop that does not keep up has no room for stays here, in order, and is tried again at each flush. There
    /// is no more of it than sessions and slots have under way, but for signals: those are nobody's state.
    private func empty(_ outbox: inout [LoopMessage], into target: Int) {
        switch siblings[target].move(from: &outbox) {
        case .posted: break
        case .ended: outbox.removeAll(keepingCapacity: true)
        case .full:
            node.metrics.loopsFull.add(1)
            let waiting = outbox.count
            outbox.removeAll { $0.isSignal }
            node.metrics.droppedSignals.add(UInt64(waiting - outbox.count))
        }
    }

    func stopping() {
        membership?.leave()
        homes.stopAll()
        appends.flush()
    }

    // MARK: messages

    private func handle(_ message: consuming LoopMessage) {
        switch message {
        case .routing(let table): follow(table)
        case .slot(let slot, let message): homes.handle(message, slot)
        case .edge(let message, let sender): edges.handle(message, from: sender)
        case .link(let peer, let incarnation, let frame): links?.send(frame, to: peer, incarnation)
        case .linkUp(let peer, let incarnation):
            homes.edgeRelinked(peer, incarnation: incarnation)
            edges.linkUp(peer)
        case .linkDown(let peer): edges.linkDown(peer)
        case .linkBusy(let peer, let isBusy): edges.linkBusy(peer, isBusy)
        case .completion(let slot, let instance, let completion): homes.complete(slot, instance, completion)
        case .presence(let token, let slot, let instance, let users, let result):
            homes.presenceRead(token, slot, instance, users, result)
        case .presenceQuestion(let question): ask(question)
        case .presenceAnswer(let question, let result): question.answer(evaluate(question.users, result))
        case .reported(let error): homes.reported(error)
        case .membership(let event): membership?.handle(event)
        case .join: join()
        case .closeAll(let code, let reason): edges.closeAll(code, reason)
        }
    }

    private func handleOwn() {
        while !own.isEmpty {
            swap(&own, &handled)
            handleAll(&handled)
            handled.removeAll(keepingCapacity: true)
        }
    }

    /// Takes each message out of the batch: to copy one would retain everything in it.
    private func handleAll(_ batch: inout [LoopMessage]) {
        for index in batch.indices {
            var message = LoopMessage.join
            swap(&message, &batch[index])
            handle(message)
        }
    }

    private func follow(_ table: RoutingTable) {
        if let old = self.table, old.map.version == table.map.version {
            self.table = table
            return
        }
        self.table = table
        links?.follow(table.map)
        homes.follow(table)
        edges.follow(table)
    }

    // MARK: sending

    /// To whoever owns the slot now. Transient: where nobody does, it is dropped, and its sender says it again.
    func send(_ message: SlotMessage, to slot: Slot) {
        switch table?.routes[slot.index] {
        case .here(let target): post(.slot(slot, message), to: target)
        case .node(let peer): post(.link(peer, incarnation: 0, .slot(slot, message)), to: 0)
        case .nobody, nil: edges.undeliverable(message)
        }
    }

    /// To sessions of one edge, with the loop of each read from its id.
    func send(_ message: EdgeMessage, to edge: EdgeRef) {
        guard edge.node == node.id else {
            // Session ids begin anew with each life of a node, so these must not reach the next one's connections.
            return post(.link(edge.node, incarnation: edge.incarnation, .edge(message)), to: 0)
        }
        guard edge.incarnation == node.incarnation else { return }
        deliver(message, from: node.id)
    }

    /// Hands a message of a home on node `sender` to the loops that hold its sessions.
    func deliver(_ message: EdgeMessage, from sender: NodeID) {
        guard node.loops > 1 else { return post(.edge(message, from: sender), to: 0) }
        for (target, part) in message.split(loops: node.loops) where target < node.loops {
            post(.edge(part, from: sender), to: target)
        }
    }

    /// From a link: the slot may have moved on, and then so does the message's sender.
    func deliver(_ message: SlotMessage, to slot: Slot, from peer: NodeID) {
        // A peer with another number of slots is misconfigured; it must not take this node down.
        guard message.namedSlots.allSatisfy({ $0.index < slotCount }), slot.index < slotCount else { return }
        if case .here(let target) = table?.routes[slot.index] {
            post(.slot(slot, message), to: target)
        } else {
            refuse(message)
        }
    }

    /// Tells a session's edge to look for the home again.
    func refuse(_ message: SlotMessage) {
        switch message {
        case .attach(let attach): send(.notHome(session: attach.session.id), to: EdgeRef(attach.session))
        case .request(let session, _, _, _): send(.notHome(session: session.id), to: EdgeRef(session))
        case .detach, .signal, .acknowledged, .receipts, .receiptsStored: break
        }
    }

    func post(_ message: consuming LoopMessage, to target: Int) {
        if target == index { own.append(message) } else { outboxes[target].append(message) }
    }

    func broadcast(_ message: LoopMessage) {
        for target in 0..<node.loops { post(message, to: target) }
    }

    // MARK: presence

    private func ask(_ question: PresenceQuestion) {
        let sender = sender
        node.engine.presence.query(question.users) { sender.postAlways(.presenceAnswer(question, $0)) }
    }

    func evaluate(
        _ users: [Key], _ result: Result<[[PresenceRecord]], PortError>
    ) -> Result<[UserPresence], PortError> {
        guard let table else { return .failure(.unavailable) }
        return result.map { zip(users, $0).map { table.evidence.presence(of: $0, $1, now: io.now) } }
    }
}
