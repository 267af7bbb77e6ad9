/// A session whose edge has not said yet, over its new link, that it is still there.
struct SuspendedSession {
    var session: SessionRef
    var user: Key
    var device: DeviceID
    var number: UInt64
    /// Milliseconds since 1970: when it was last known to be there.
    var seen: Int64
    /// Monotonic milliseconds: attached again by then, or over.
    var until: Int64
}

// A link to an edge that broke and came back.
extension HomeSessions {
    /// An edge attaches its sessions again as soon as its link is up; one that is not among them by then ended while the
    /// link was down. A lease, so that nobody is wrongly online for longer than by any other rule.
    static var reattachMilliseconds: Int64 { 3_000 }

    /// The link to that edge is a new one: what was said over the old one may be lost, so its sessions begin anew when
    /// they are attached again. To everybody else they are there all the while: nothing is told of their presence.
    public mutating func edgeRelinked(
        _ edge: EdgeRef, slot: some SlotView, now: Now, into actions: inout [HomeAction]
    ) {
        begin(slot, now, &actions)
        defer { end(&actions) }
        forgetEarly(of: edge)
        for row in rows(of: edge) { suspend(row) }
    }

    /// A session came again.
    mutating func resume(_ session: SessionRef) { suspended[session] = nil }

    /// Its edge says that it is over.
    mutating func endSuspended(_ session: SessionRef) {
        if let over = suspended.removeValue(forKey: session) { tellEnd(of: over) }
    }

    mutating func endSuspended(of edge: EdgeRef) { endSuspended { EdgeRef($0.session) == edge } }

    /// Those whose time is over.
    mutating func expireSuspended() {
        let now = now.monotonic
        endSuspended { $0.until <= now }
    }

    private mutating func suspend(_ row: Int) {
        let session = reference(row)
        suspended[session] = SuspendedSession(
            session: session, user: users[Int(sessions[row].user)].key, device: sessions[row].device,
            number: sessions[row].number, seen: now.wall, until: now.monotonic + Self.reattachMilliseconds)
        remove(row)
        later()
    }

    /// In the order of their numbers, so that it does not depend on a dictionary's.
    private mutating func endSuspended(where isOver: (SuspendedSession) -> Bool) {
        guard !suspended.isEmpty else { return }
        for over in suspended.values.filter(isOver).sorted(by: {
            ($0.number, $0.session.id) < ($1.number, $1.session.id)
        }) {
            endSuspended(over.session)
        }
    }

    private mutating func tellEnd(of over: SuspendedSession) {
        // A newer session of the device has told its own presence, and still needs the device's state.
        guard users.find(over.user).flatMap({ find(over.device, of: $0) }) == nil else { return }
        out.append(.forget(DeviceKey(user: over.user, device: over.device)))
        tell(
            .offline(
                user: over.user, device: over.device, session: over.number, epoch: place.epoch, at: over.seen))
    }
}
