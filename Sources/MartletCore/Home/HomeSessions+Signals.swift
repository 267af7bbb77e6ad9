// Signals: transient, straight to whoever is there now.
extension HomeSessions {
    mutating func signal(from: Key, to: Peer, type: String, _ content: Content?) {
        guard to.kind == .user, let user = users.find(to.key), settings.maySend(from, to) else {
            counters.signalsDropped += 1
            return
        }
        var signal = IncomingSignal(from: from)
        signal.type = type
        signal.content = content
        let rows = attachedRows(of: user)
        guard !rows.isEmpty else { return counters.signalsDropped += 1 }
        counters.signalsDelivered += 1
        deliver(rows, ServerEnvelope(.signal(signal)))
    }

    func attachedRows(of user: Int) -> [Int] {
        var rows: [Int] = []
        var row = Int(users[user].firstSession)
        while row >= 0 {
            if sessions[row].phase != .loading { rows.append(row) }
            row = Int(sessions[row].next)
        }
        return rows
    }

    /// The sessions that a signal to this user goes to, found from the bytes of a frame without an allocation; nil:
    /// there is none. For the hot path; holds until the next input.
    public func signalTargets(_ user: Span<UInt8>) -> SignalTargets? {
        guard let row = users.find(user), users[row].sessions > 0 else { return nil }
        return SignalTargets(row: Int(users[row].firstSession))
    }

    /// The next of `targets`; nil: that was the last.
    public func next(_ targets: inout SignalTargets) -> SignalTarget? {
        while targets.row >= 0 {
            let row = targets.row
            targets.row = Int(sessions[row].next)
            guard sessions[row].phase != .loading else { continue }
            return SignalTarget(edgeIndex: Int(sessions[row].edge), session: sessions[row].id)
        }
        return nil
    }

    /// The edge that `SignalTarget.edgeIndex` means.
    public func edge(_ index: Int) -> EdgeRef { edges[Int32(index)] }
}

/// Walks the sessions of one user.
public struct SignalTargets: Sendable {
    var row: Int
}

public struct SignalTarget: Equatable, Sendable {
    /// For `HomeSessions.edge(_:)`; the same edge has the same index while it has sessions here.
    public let edgeIndex: Int
    /// The edge's id of the session.
    public let session: UInt64
}
