import MartletCore
import MartletIO
import MartletProtocol
import Synchronization

/// The client connections of one loop: handshake, frames in, frames out, liveness. What a session may do at which
/// time is decided by its `EdgeSession`; here it is carried out.
final class EdgeConnections {
    unowned let loop: GatewayLoop
    /// By the stream's row index. Not optional: looking at one field of an optional row would copy all of it.
    var rows: [EdgeRow] = []
    private let freeRow: EdgeRow
    let verifier: TokenVerifier
    /// Encoded frames on their way to a connection; keeps its storage.
    var scratch: [UInt8] = []
    var json: [UInt8] = []
    var actions: [EdgeAction] = []
    /// Storage for the next ones, while those before them are carried out.
    var spareActions: [EdgeAction] = []
    let settings: EdgeSettings
    /// Nodes for which no messages are taken now.
    var busyHomes: Set<NodeID> = []
    /// Streams that are read from again before the next flush.
    var resumed: [StreamID] = []
    private var wheel: HeartbeatWheel
    private var drain = DrainPace()

    init(loop: GatewayLoop) {
        self.loop = loop
        verifier = loop.node.makeVerifier()
        let configuration = loop.node.configuration
        settings = EdgeSettings(
            node: loop.node.id, incarnation: loop.node.incarnation, limits: configuration.limits,
            free: configuration.freeRate, paid: configuration.paidRate)
        freeRow = EdgeRow(maxMessageBytes: loop.node.limits.maxFrameBytes)
        wheel = HeartbeatWheel(nowMilliseconds: loop.io.now.monotonic)
    }

    var limits: Limits { loop.node.limits }

    // MARK: streams

    func accepted(_ stream: StreamID) {
        let index = Int(stream.index)
        if rows.count <= index { rows += Array(repeating: freeRow, count: index + 1 - rows.count) }
        let now = loop.io.now.monotonic
        rows[index] = freeRow
        rows[index].stream = stream
        rows[index].phase = .handshake
        rows[index].lastHeard = now
        loop.node.connections.add(1, ordering: .relaxed)
        loop.node.metrics.connections.add(1)
        arm(stream, now + limits.handshakeMilliseconds)
    }

    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        guard let index = find(stream) else { return bytes.byteCount }
        rows[index].lastHeard = loop.io.now.monotonic
        switch rows[index].phase {
        case .handshake:
            let consumed = shakeHands(index, bytes.bytes)
            // A client that does not wait for the answer to its request is heard all the same.
            return rows[index].phase == .open ? readFrames(index, &bytes, from: consumed) : consumed
        case .open: return readFrames(index, &bytes, from: 0)
        case .closing: return readUntilClose(index, &bytes)
        case .ending, .free: return bytes.byteCount
        }
    }

    func drained(_ stream: StreamID) {
        guard let index = find(stream) else { return }
        resume(index, .output)
    }

    func closed(_ stream: StreamID) {
        guard let index = find(stream) else { return }
        endSession(index)
        wheel.cancel(index)
        if rows[index].allowance != nil, let user = rows[index].session?.user { loop.node.signals.leave(user) }
        rows[index] = freeRow
        loop.node.connections.subtract(1, ordering: .relaxed)
        loop.node.metrics.connections.add(-1)
    }

    func find(_ stream: StreamID) -> Int? {
        let index = Int(stream.index)
        return index < rows.count && rows[index].stream == stream && rows[index].phase != .free ? index : nil
    }

    /// The row of a session, if it is still there.
    func find(_ session: UInt64) -> Int? {
        let id = SessionID(session)
        guard id.index < rows.count, rows[id.index].stream.generation == id.generation else { return nil }
        return rows[id.index].phase == .free ? nil : id.index
    }

    // MARK: ending

    /// How long a client may take to answer a close frame.
    static let closingMilliseconds: Int64 = 2_000

    /// Sends a close frame. The stream ends when the client has answered it, or has had its time (RFC 6455, 7.1.1):
    /// ended at once, unread input would turn the end into a reset, and the client would never see the code.
    func close(_ index: Int, code: UInt16, reason: String) {
        guard rows[index].phase == .open else { return }
        let stream = rows[index].stream
        rows[index].phase = .closing
        loop.io.withOutput(of: stream) { WebSocketWriter.appendClose(code: code, reason: reason, into: &$0) }
        // It is read from again whatever it was paused for, or its answer would not be seen.
        rows[index].pauses = []
        loop.io.resumeReading(stream)
        arm(stream, loop.io.now.monotonic + Self.closingMilliseconds)
        endSession(index)
    }

    /// Answers the client's close frame: nothing more is to come.
    func closeInAnswer(_ index: Int, code: UInt16) {
        guard rows[index].phase != .free else { return }
        let stream = rows[index].stream
        if rows[index].phase == .open {
            loop.io.withOutput(of: stream) { WebSocketWriter.appendClose(code: code, reason: "", into: &$0) }
        }
        rows[index].phase = .ending
        loop.io.close(stream)
        endSession(index)
    }

    /// The home hears of the end as soon as it is decided.
    private func endSession(_ index: Int) {
        guard rows[index].session != nil else { return }
        rows[index].session!.closed(settings, into: &actions)
        perform(index)
    }

    func closeAll(_ code: ErrorCode, _ reason: String) {
        for index in rows.indices where rows[index].phase != .free {
            if rows[index].phase == .open {
                close(index, code: code.closeCode, reason: reason)
            } else {
                loop.io.reset(rows[index].stream)
            }
        }
    }

    // MARK: time

    func tick(_ now: Now) {
        wheel.advance(to: now.monotonic) { index, _ in expired.append(index) }
        for index in expired { deadline(index, now) }
        expired.removeAll(keepingCapacity: true)
        if now.monotonic - lastSweep >= Self.sweepMilliseconds {
            lastSweep = now.monotonic
            sweep(now)
        }
        if loop.table?.isDraining == true {
            // Each loop has its part of the node's pace.
            let pace = Double(loop.node.configuration.drainReconnectsPerSecond) / Double(loop.node.loops)
            sendAway(drain.take(now, perSecond: pace))
        } else {
            drain = DrainPace()
        }
    }

    static let sweepMilliseconds: Int64 = 20
    private var lastSweep: Int64 = 0
    private var expired: [Int] = []
    /// Sessions that wait for their home: looked at each sweep.
    var waiting: Set<Int> = []

    private func arm(_ stream: StreamID, _ deadline: Int64) {
        wheel.arm(Int(stream.index), generation: stream.generation, deadlineMilliseconds: deadline)
    }

    /// A deadline of this row came: a handshake that lasts too long, a `hello` that does not come, silence.
    private func deadline(_ index: Int, _ now: Now) {
        let row = rows[index]
        let silence = now.monotonic - row.lastHeard
        switch row.phase {
        case .free: break
        case .handshake: loop.io.reset(row.stream)
        case .closing: loop.io.close(row.stream)
        case .ending: break
        case .open where row.session?.isAttachedOnce != true && !loop.node.configuration.echo:
            // Final for a client that says nothing; one whose home is away may come again.
            let isLate = row.session?.user == nil
            close(
                index, code: (isLate ? ErrorCode.unauthenticated : .unavailable).closeCode,
                reason: isLate ? "no hello in time" : "no home in time")
        case .open where silence >= limits.deadAfterMilliseconds:
            loop.node.metrics.deadConnections.add(1)
            loop.io.reset(row.stream)
        case .open where row.session?.hasExpired(now) == true:
            close(index, code: ErrorCode.unauthenticated.closeCode, reason: "token expired")
        case .open:
            // Silent, not dead: a ping that any WebSocket library answers by itself.
            if silence >= limits.heartbeatMilliseconds { ping(row.stream) }
            watch(index)
        }
    }

    /// The next look at this row: when it has been silent for a heartbeat, each heartbeat after, or for too long.
    func watch(_ index: Int) {
        guard rows[index].phase != .free else { return }
        let (now, lastHeard) = (loop.io.now.monotonic, rows[index].lastHeard)
        let isSilent = now - lastHeard >= limits.heartbeatMilliseconds
        let next = (isSilent ? now : lastHeard) + limits.heartbeatMilliseconds
        arm(rows[index].stream, max(min(next, lastHeard + limits.deadAfterMilliseconds), now + 1))
    }

    func awaitHello(_ index: Int) { arm(rows[index].stream, loop.io.now.monotonic + limits.helloMilliseconds) }

    private func ping(_ stream: StreamID) {
        loop.io.withOutput(of: stream) { WebSocketWriter.appendHeader(opcode: .ping, payloadLength: 0, into: &$0) }
    }

    private func sweep(_ now: Now) {
        for index in waiting where rows[index].phase != .free {
            rows[index].session?.tick(settings, now: now, into: &actions)
            perform(index)
        }
    }

    // MARK: drain

    /// Tells some clients to go elsewhere, and ends their connections once they were told.
    private func sendAway(_ quota: Int) {
        guard quota > 0, let targets = loop.table?.map.nodes.filter({ $0.state == .up && $0.id != loop.node.id }),
            !targets.isEmpty
        else { return }
        var left = quota
        for index in rows.indices where left > 0 && rows[index].phase == .open {
            left -= 1
            var frame = Reconnect()
            frame.address = targets[index % targets.count].clientAddress
            answer(index, ServerEnvelope(.reconnect(frame)))
            close(index, code: ErrorCode.unavailable.closeCode, reason: "this gateway drains")
        }
    }
}

/// How many connections a draining node may send away now.
private struct DrainPace {
    private var last: Int64?
    private var owed = 0.0

    mutating func take(_ now: Now, perSecond: Double) -> Int {
        defer { last = now.monotonic }
        guard let last else { return 0 }
        owed = min(owed + Double(now.monotonic - last) * perSecond / 1000, max(perSecond, 1))
        let whole = Int(owed)
        owed -= Double(whole)
        return whole
    }
}
