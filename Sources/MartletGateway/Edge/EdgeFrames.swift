import MartletCore
import MartletIO
import MartletProtocol

/// Frames in: from bytes to the session's machine, and what it says to do.
extension SessionClaims {
    init(_ claims: TokenClaims) {
        self.init(
            user: claims.user, device: claims.device, tier: claims.tier,
            expiresAt: claims.expiresAt.map { $0.multipliedReportingOverflow(by: 1000).partialValue } ?? .max)
    }
}

extension EdgeConnections {
    /// Reads frames from `start` on, until the client has to wait: what is left is given again when it is read from.
    func readFrames(_ index: Int, _ bytes: inout MutableRawSpan, from start: Int) -> Int {
        var offset = start
        while rows[index].phase == .open, rows[index].pauses.isEmpty {
            guard let event = rows[index].parser.next(in: &bytes, from: &offset) else { break }
            switch event {
            case .message(let kind, let payload): read(index, bytes.bytes.extracting(payload), isText: kind == .text)
            case .assembled(let kind, let message): unsafe read(index, message.span.bytes, isText: kind == .text)
            case .ping(let payload): pong(index, bytes.bytes.extracting(payload))
            case .pong: break
            case .close(let code, _): closeInAnswer(index, code: code ?? 1000)
            case .failed(let error): close(index, code: error.closeCode, reason: error.reason)
            }
        }
        return rows[index].phase == .open ? offset : bytes.byteCount
    }

    /// After a close frame of ours: whatever comes before the client's own is dropped.
    func readUntilClose(_ index: Int, _ bytes: inout MutableRawSpan) -> Int {
        var offset = 0
        while let event = rows[index].parser.next(in: &bytes, from: &offset) {
            switch event {
            case .message, .assembled, .ping, .pong: continue
            case .close, .failed:
                closeInAnswer(index, code: 1000)
                return bytes.byteCount
            }
        }
        return offset
    }

    private func pong(_ index: Int, _ payload: RawSpan) {
        send(index, .pong, payload)
    }

    private func read(_ index: Int, _ message: RawSpan, isText: Bool) {
        if loop.node.configuration.echo { return echo(index, message, isText: isText) }
        guard isText == (rows[index].encoding == .json) else {
            return close(index, code: 1003, reason: "wrong kind of message for this sub-protocol")
        }
        if rows[index].encoding == .proto, relaySignal(index, message) { return }
        do {
            let envelope = try FrameCodec.decodeClient(message, rows[index].encoding, limits: limits)
            handle(index, envelope)
        } catch {
            loop.node.metrics.badFrames.add(1)
            rows[index].session!.refused(error.code, error.reason, ref: error.ref, into: &actions)
            perform(index)
        }
    }

    private func echo(_ index: Int, _ message: RawSpan, isText: Bool) {
        send(index, isText ? .text : .binary, message)
    }

    private func handle(_ index: Int, _ envelope: ClientEnvelope) {
        switch envelope.frame {
        case .hello(let hello): authenticate(index, hello, ref: envelope.ref)
        case .renew(let renew): self.renew(index, renew, ref: envelope.ref)
        default:
            rows[index].session!.frame(
                envelope, isHomeBusy: isHomeBusy(index), settings, now: loop.io.now, into: &actions)
        }
        perform(index)
    }

    private func isHomeBusy(_ index: Int) -> Bool {
        guard !busyHomes.isEmpty, let home = rows[index].home else { return false }
        return busyHomes.contains(home.node)
    }

    // MARK: tokens

    private func authenticate(_ index: Int, _ hello: Hello, ref: UInt64?) {
        // Before the token is looked at: a second `hello` must not move the session to the slot of another user.
        guard rows[index].session!.awaitsHello else {
            return rows[index].session!.refused(.invalid, "hello was said before", ref: ref, into: &actions)
        }
        let token = hello.token.isEmpty ? rows[index].bearer ?? [] : Array(hello.token.utf8)
        rows[index].bearer = nil
        switch verifier.verify(token, now: loop.io.now.wall / 1000) {
        case .failure(let error):
            loop.node.metrics.refusedTokens.add(1)
            close(index, code: ErrorCode.unauthenticated.closeCode, reason: error.reason)
        case .success(let claims):
            guard let table = loop.table else {
                return close(index, code: ErrorCode.unavailable.closeCode, reason: "not in a cluster yet")
            }
            let slot = table.slot(of: claims.user)
            rows[index].slot = slot
            rows[index].home = table.home(of: slot).flatMap { table.map.node($0) }.map { HomeRef($0) }
            rows[index].session!.hello(
                hello, SessionClaims(claims), ref: ref, settings, now: loop.io.now, into: &actions)
        }
    }

    private func renew(_ index: Int, _ renew: Renew, ref: UInt64?) {
        switch verifier.verify(Array(renew.token.utf8), now: loop.io.now.wall / 1000) {
        case .failure(let error):
            rows[index].session!.refused(.unauthenticated, error.reason, ref: ref, into: &actions)
        case .success(let claims):
            rows[index].session!.renewed(SessionClaims(claims), ref: ref, now: loop.io.now, into: &actions)
        }
    }

    // MARK: signals

    /// The hot path: a signal of an attached session to a user whose home is this loop goes straight to the sessions
    /// there, without an allocation. False: it is something else, and goes the general way.
    private func relaySignal(_ index: Int, _ message: RawSpan) -> Bool {
        guard let view = FrameCodec.signalView(message, limits: limits), let table = loop.table else { return false }
        let target = Span<UInt8>(_bytes: message.extracting(view.to.range))
        let slot = Slot(ofKeyBytes: target, slots: table.slots)
        guard case .here(loop.index) = table.routes[slot.index], let home = loop.homes.runtime(slot) else {
            return false
        }
        // Looked at first: what goes the general way pays its token there.
        guard let user = rows[index].session!.user, home.servesHere(target) else { return false }
        guard admitsSignal(index, of: user) else { return true }
        scratch.removeAll(keepingCapacity: true)
        FrameCodec.encodeSignal(from: user.bytes.span, source: message, view: view, into: &scratch)
        let frame = scratch
        home.forEachSession(of: target) { deliverSignal($0, frame.span) }
        return true
    }

    /// Whether one more signal of this session's user may go; else it is counted.
    private func admitsSignal(_ index: Int, of user: Key) -> Bool {
        if rows[index].allowance == nil { rows[index].allowance = loop.node.signals.enter(user) }
        if let limit = rows[index].session!.signalLimit(settings),
            rows[index].allowance!.take(limit, now: loop.io.now)
        {
            return true
        }
        loop.node.metrics.droppedSignals.add(1)
        return false
    }

    // MARK: actions

    /// Carries out what the row's session said.
    func perform(_ index: Int) {
        guard !actions.isEmpty else { return }
        var batch: [EdgeAction] = []
        swap(&batch, &spareActions)
        swap(&batch, &actions)
        for action in batch { perform(action, index) }
        batch.removeAll(keepingCapacity: true)
        spareActions = batch
    }

    private func perform(_ action: EdgeAction, _ index: Int) {
        switch action {
        case .forward(let message): if let slot = rows[index].slot { loop.send(message, to: slot) }
        case .signal(let message, let to):
            guard let user = rows[index].session?.user, admitsSignal(index, of: user) else { return }
            if let table = loop.table { loop.send(message, to: table.slot(of: to)) }
        case .answer(let envelope): answer(index, envelope)
        case .close(let code, let reason): close(index, code: code.closeCode, reason: reason)
        case .stopReading: pause(index, .unanswered)
        case .resumeReading: resume(index, .unanswered)
        case .waiting: waiting.insert(index)
        case .settled: waiting.remove(index)
        }
    }
}
