// Where an attached session goes on: live, behind, or from the beginning.
extension HomeSessions {
    /// The session's attach is complete: `user`'s stream is known.
    mutating func welcome(_ row: Int, _ attach: Attach, _ device: DeviceState) {
        let user = Int(sessions[row].user)
        let resync = isForeign(attach)
        let cursor = resync ? users[user].floor : attach.cursor
        let given = resync || attach.number == 0 ? cursor : max(cursor, attach.pushedUpTo)
        sessions[row].cursor = cursor
        sessions[row].pushedUpTo = given
        sessions[row].credit.reset()
        if given > cursor { sessions[row].credit.assume(upTo: given, settings.limits) }
        let canRepeat = !resync && attach.number != 0 && attach.live && remembers(user, given)
        let goesOn = given >= users[user].head || canRepeat
        sessions[row].phase = goesOn ? .live : .behind
        out.append(.attached(reference(row), attached(row, device, resync: resync)))
        place(row, online: attach.user)
        if goesOn { pushAgain(row) } else { sayBehind(row) }
        if !resync { acknowledge(row, attach.cursor) }
    }

    /// A cursor of another log, or beyond this one's end, and only that, is answered with `resync`.
    private func isForeign(_ attach: Attach) -> Bool {
        let isOtherLog = attach.cursor > 0 && attach.generation != settings.generation
        return isOtherLog || attach.cursor > place.decided || attach.pushedUpTo > place.decided || attach.cursor < 0
    }

    /// Everything of the stream behind `seq` is still in memory.
    private func remembers(_ user: Int, _ seq: Offset) -> Bool {
        guard users[user].next > 0, let prev = users[user].stream[0].prev else { return false }
        return prev <= seq
    }

    private func attached(_ row: Int, _ device: DeviceState, resync: Bool) -> Attached {
        let first = device.last &- ClientSequence(device.outcomes.count) &+ 1
        var rejected: [ClientSequence] = []
        for (place, outcome) in device.outcomes.enumerated() {
            if case .rejected = outcome { rejected.append(first &+ ClientSequence(place)) }
        }
        let session = sessions[row]
        return Attached(
            number: session.number, generation: settings.generation, cursor: session.cursor, resync: resync,
            head: users[Int(session.user)].decidedHead, live: session.phase == .live, lastClientSequence: device.last,
            rejectedClientSequences: rejected)
    }

    private mutating func place(_ row: Int, online user: Key) {
        let edge = edges[sessions[row].edge]
        tell(
            .online(
                PresenceRow(
                    user: user, device: sessions[row].device, session: sessions[row].number, edge: edge.node,
                    edgeIncarnation: edge.incarnation, home: settings.node, homeIncarnation: settings.incarnation,
                    epoch: place.epoch, since: sessions[row].since)))
    }

    /// What went out while the session's home changed.
    private mutating func pushAgain(_ row: Int) {
        let user = Int(sessions[row].user)
        for place in 0..<Int(users[user].next) where sessions[row].phase == .live {
            let entry = users[user].stream[place]
            guard entry.seq > sessions[row].pushedUpTo else { continue }
            if admit(row, entry) { deliver([row], messages(entry), pushedUpTo: entry.seq) }
        }
    }
}
