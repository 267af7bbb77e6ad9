import MartletCore
import MartletIO
import MartletProtocol

/// What homes say to sessions of this loop, and frames out.
extension EdgeConnections {
    /// `sender`: the node that said it. What a home says after its slot went to another is void: its answer to an attach
    /// would pass for the new home's, which knows nothing of it, and its refusal would only delay the session.
    func handle(_ message: EdgeMessage, from sender: NodeID) {
        switch message {
        case .attached(let session, let attached): if isHome(sender, of: session) { self.attached(session, attached) }
        case .notHome(let session):
            guard isHome(sender, of: session), let index = find(session) else { return }
            rows[index].session?.notHome(now: loop.io.now, into: &actions)
            perform(index)
        case .deliver(let sessions, let frame, let settles, let pushedUpTo, let live):
            for session in sessions where isHome(sender, of: session) {
                deliver(session, frame, settles, pushedUpTo, live)
            }
        case .close(let sessions, let code, let reason):
            for session in sessions {
                guard let index = find(session) else { continue }
                close(index, code: code.closeCode, reason: reason)
            }
        }
    }

    private func isHome(_ node: NodeID, of session: UInt64) -> Bool {
        guard let index = find(session), let home = rows[index].home else { return false }
        return home.node == node
    }

    private func attached(_ session: UInt64, _ attached: Attached) {
        guard let index = find(session), rows[index].session != nil else { return }
        let isFirst = !rows[index].session!.isAttachedOnce
        rows[index].session!.attached(
            attached, settings, home: rows[index].home?.node, now: loop.io.now, into: &actions)
        if isFirst { watch(index) }
        perform(index)
    }

    private func deliver(
        _ session: UInt64, _ frame: [UInt8], _ settles: Settles, _ pushedUpTo: Offset, _ live: Bool
    ) {
        guard let index = find(session), rows[index].session != nil else { return }
        // What an old home still says while another is being attached would tear a hole in the stream.
        if rows[index].session!.delivered(settles, pushedUpTo: pushedUpTo, live: live, settings, into: &actions) {
            unsafe write(index, frame.span.bytes)
        }
        perform(index)
    }

    // MARK: out

    /// A signal is nobody's state: where the client does not read, it is dropped and counted.
    func deliverSignal(_ session: UInt64, _ frame: Span<UInt8>) {
        guard let index = find(session), rows[index].session != nil else { return }
        if loop.io.pendingOutputBytes(of: rows[index].stream) > loop.io.configuration.highMarkBytes {
            return loop.node.metrics.droppedSignals.add(1)
        }
        loop.node.metrics.relayedSignals.add(1)
        unsafe write(index, frame.bytes)
    }

    /// Writes one server envelope, given in protobuf, in the encoding of the connection.
    private func write(_ index: Int, _ frame: RawSpan) {
        // Field by field: a copy of the row would retain all that it holds.
        guard rows[index].phase == .open else { return }
        if rows[index].encoding == .proto {
            send(index, .binary, frame)
        } else {
            json.removeAll(keepingCapacity: true)
            FrameCodec.transcodeServerToJSON(frame, into: &json)
            let text = json
            unsafe send(index, .text, text.span.bytes)
        }
    }

    /// Something that the edge itself says.
    func answer(_ index: Int, _ envelope: ServerEnvelope) {
        guard rows[index].phase == .open else { return }
        let encoding = rows[index].encoding
        json.removeAll(keepingCapacity: true)
        FrameCodec.encode(envelope, encoding, into: &json)
        let bytes = json
        unsafe send(index, encoding == .proto ? .binary : .text, bytes.span.bytes)
    }

    func send(_ index: Int, _ opcode: WebSocketOpcode, _ payload: RawSpan) {
        let stream = rows[index].stream
        let outcome = loop.io.withOutput(of: stream) {
            WebSocketWriter.appendFrame(opcode: opcode, payload: Span(_bytes: payload), into: &$0)
        }
        // A client that does not read is not read from: what it asks for would only add to what waits for it.
        if outcome == .aboveHighMark { pause(index, .output) }
    }

    // MARK: flow

    func pause(_ index: Int, _ reason: PauseReason) {
        guard rows[index].phase != .free else { return }
        rows[index].pauses.insert(reason)
        loop.io.pauseReading(rows[index].stream)
    }

    func resume(_ index: Int, _ reason: PauseReason) {
        guard rows[index].phase != .free else { return }
        rows[index].pauses.remove(reason)
        if rows[index].pauses.isEmpty { resumed.append(rows[index].stream) }
    }

    /// Before each flush, and not at once: while a stream's input is being read, the loop does not yet hold what was
    /// left of it, and would not give it again.
    func resumeReading() {
        for stream in resumed {
            if let index = find(stream), rows[index].pauses.isEmpty { loop.io.resumeReading(stream) }
        }
        resumed.removeAll(keepingCapacity: true)
    }

    // MARK: homes that move

    /// A newer map: sessions whose slot has another owner are attached there.
    func follow(_ table: RoutingTable) {
        for index in rows.indices {
            guard let slot = rows[index].slot, rows[index].session != nil else { continue }
            let assignment = table.map[slot]
            let home = assignment.owner.flatMap { owner in table.map.node(owner).map { HomeRef($0) } }
            guard home != rows[index].home else { continue }
            rows[index].home = home
            rows[index].session!.homeChanged(settings, now: loop.io.now, into: &actions)
            perform(index)
        }
    }

    /// The link to a node came up: what its homes knew of this edge's sessions is void, and they are attached again.
    func linkUp(_ node: NodeID) { homesChanged(on: node) }

    /// Frames that were under way may be lost: sessions hold theirs until they are attached again.
    func linkDown(_ node: NodeID) { homesChanged(on: node) }

    func linkBusy(_ node: NodeID, _ isBusy: Bool) {
        if isBusy { busyHomes.insert(node) } else { busyHomes.remove(node) }
    }

    private func homesChanged(on node: NodeID) {
        for index in rows.indices where rows[index].home?.node == node && rows[index].session != nil {
            rows[index].session!.homeChanged(settings, now: loop.io.now, into: &actions)
            perform(index)
        }
    }

    /// Nobody owns the slot now.
    func undeliverable(_ message: SlotMessage) {
        guard case .request(let session, _, _, _) = message, let index = find(session.id) else { return }
        rows[index].session?.notHome(now: loop.io.now, into: &actions)
        perform(index)
    }
}

/// Why a connection is not read from.
struct PauseReason: OptionSet {
    let rawValue: UInt8
    /// Too many of its frames wait for an answer.
    static let unanswered = PauseReason(rawValue: 1)
    /// It does not read what is written to it.
    static let output = PauseReason(rawValue: 2)
}

/// The home that a session is attached to.
struct HomeRef: Hashable {
    var node: NodeID
    var incarnation: UInt64

    init(_ node: ClusterMap.Node) {
        self.node = node.id
        incarnation = node.incarnation
    }
}
