/// What the home says, and how the session finds it again.
extension EdgeSession {
    func ref(_ settings: EdgeSettings) -> SessionRef {
        SessionRef(edge: settings.node, edgeIncarnation: settings.incarnation, id: id)
    }

    public mutating func attached(
        _ attached: Attached, _ settings: EdgeSettings, home: NodeID?, now: Now, into actions: inout [EdgeAction]
    ) {
        guard phase == .attaching, let user else { return }
        let isFirst = number == 0
        guard isFirst || !attached.resync else {
            // Only `welcome` can tell a client to begin again, and that takes a `hello`.
            return end(.unavailable, "the log was replaced", settings, into: &actions)
        }
        phase = .attached
        retry = Int16(EdgeSession.firstRetry)
        number = attached.number
        generation = attached.generation
        live = attached.live
        if isFirst {
            cursor = attached.cursor
            saidCursor = cursor
            pushedUpTo = attached.cursor
            let welcome = welcome(attached, user, settings, home, now)
            actions.append(.answer(ServerEnvelope(ref: helloRef, .welcome(welcome))))
        }
        actions.append(.settled)
        if cursor > saidCursor { sayCursor(user, settings, into: &actions) }
        for frame in held {
            actions.append(
                .forward(.request(session: ref(settings), user: user, request: frame.request, frame.envelope)))
        }
    }

    /// It came to the wrong home, or to one that cannot serve now.
    public mutating func notHome(now: Now, into actions: inout [EdgeAction]) {
        guard phase == .attached || phase == .attaching else { return }
        // Frames that were on their way are refused too, each by itself; it waits once.
        if phase == .attaching, nextAttach - now.monotonic <= Int64(retry) { return }
        phase = .attaching
        nextAttach = now.monotonic + Int64(retry)
        retry = Int16(min(Int64(retry) * 2, EdgeSession.lastRetry))
        actions.append(.waiting)
    }

    /// The slot has another owner, or the way to it is another: attach there at once.
    public mutating func homeChanged(_ settings: EdgeSettings, now: Now, into actions: inout [EdgeAction]) {
        guard phase == .attached || phase == .attaching else { return }
        attach(settings, now: now, into: &actions)
        actions.append(.waiting)
    }

    /// A frame of the home for the client: what it settles is no longer held. False: do not write it.
    ///
    /// While it attaches anew, entries and answers are of an attachment that is over, and some before them may be lost
    /// with a link: the new one begins where the client is, so writing them would only tear a hole.
    @discardableResult
    public mutating func delivered(
        _ settles: Settles, pushedUpTo seq: Offset, live: Bool, _ settings: EdgeSettings,
        into actions: inout [EdgeAction]
    ) -> Bool {
        guard phase == .attached else { return phase == .attaching && settles == .nothing && seq == 0 }
        pushedUpTo = max(pushedUpTo, seq)
        self.live = live
        let index =
            switch settles {
            case .nothing: held.endIndex
            case .request(let request): held.firstIndex { $0.request == request } ?? held.endIndex
            case .send(let sequence): held.firstIndex { $0.sequence == sequence } ?? held.endIndex
            }
        if index < held.endIndex { release(index, settings, into: &actions) }
        return true
    }

    private mutating func release(_ index: Int, _ settings: EdgeSettings, into actions: inout [EdgeAction]) {
        heldBytes -= held.remove(at: index).bytes
        if held.isEmpty { held = [] }
        if isReadingStopped, !isFull(settings.limits) {
            isReadingStopped = false
            actions.append(.resumeReading)
        }
    }

    /// While it waits for its home.
    public mutating func tick(_ settings: EdgeSettings, now: Now, into actions: inout [EdgeAction]) {
        if phase == .attaching, now.monotonic >= nextAttach { attach(settings, now: now, into: &actions) }
    }

    /// The connection is gone.
    public mutating func closed(_ settings: EdgeSettings, into actions: inout [EdgeAction]) {
        leave(settings, into: &actions)
        actions.append(.settled)
    }

    /// Ends the connection. The home is told now: whatever the client still says is not heard.
    mutating func end(
        _ code: ErrorCode, _ reason: String, _ settings: EdgeSettings, into actions: inout [EdgeAction]
    ) {
        guard phase != .over else { return }
        leave(settings, into: &actions)
        actions.append(.close(code, reason: reason))
    }

    private mutating func leave(_ settings: EdgeSettings, into actions: inout [EdgeAction]) {
        if phase == .attached || phase == .attaching, let user {
            actions.append(.forward(.detach(session: ref(settings), user: user)))
        }
        phase = .over
        held = []
    }

    mutating func attach(_ settings: EdgeSettings, now: Now, into actions: inout [EdgeAction]) {
        guard let user, let device else { return }
        phase = .attaching
        nextAttach = now.monotonic + EdgeSession.attachTimeout
        saidCursor = cursor
        actions.append(
            .forward(
                .attach(
                    Attach(
                        session: ref(settings), user: user, device: device, number: number, generation: generation,
                        cursor: cursor, pushedUpTo: pushedUpTo, live: live, tier: tier, since: since))))
    }

    /// What was acknowledged while the attach was on its way.
    private mutating func sayCursor(_ user: Key, _ settings: EdgeSettings, into actions: inout [EdgeAction]) {
        saidCursor = cursor
        var ack = Ack()
        ack.seq = cursor
        actions.append(.forward(.request(session: ref(settings), user: user, request: 0, ClientEnvelope(.ack(ack)))))
    }

    private func welcome(
        _ attached: Attached, _ user: Key, _ settings: EdgeSettings, _ home: NodeID?, _ now: Now
    ) -> Welcome {
        var welcome = Welcome(user: user)
        welcome.device = device?.description ?? ""
        welcome.session = attached.number
        welcome.node = settings.node.description
        welcome.home = home?.description ?? ""
        welcome.generation = attached.generation
        welcome.cursor = attached.cursor
        welcome.resync = attached.resync
        welcome.head = attached.head
        welcome.lastClientSequence = attached.lastClientSequence
        welcome.rejectedClientSequences = attached.rejectedClientSequences
        welcome.heartbeatMilliseconds = settings.limits.heartbeatMilliseconds
        welcome.maxFrameBytes = settings.limits.maxFrameBytes
        welcome.maxContentBytes = settings.limits.maxContentBytes
        welcome.time = now.wall
        return welcome
    }
}
