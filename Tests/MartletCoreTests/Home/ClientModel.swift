@testable import MartletCore

/// What a client does by the protocol: shows what comes behind its cursor, drops what does not, pulls when there is a
/// gap or it is told to, keeps what it sent until it is answered.
struct ClientModel {
    let device: DeviceID
    var edge: EdgeSession?
    var session: UInt64 = 0
    var cursor: Offset = 0
    var shown: [Offset] = []
    var gapsSwallowed = 0
    /// Times when it was not told the entry before one that it was told.
    var gaps = 0
    var pushes = 0
    var isSyncing = false
    var lastSent: ClientSequence = 0
    /// Sent and not answered, ascending.
    var open: [ClientSequence] = []

    init(device: String) { self.device = DeviceID(device)! }

    mutating func nextSend() -> Send? {
        guard open.count < 8 else { return nil }
        lastSent += 1
        open.append(lastSent)
        return send(lastSent)
    }

    mutating func dropped() {
        edge = nil
        session = 0
        isSyncing = false
    }

    /// What it says to that.
    mutating func hear(_ envelope: ServerEnvelope) -> [ClientFrame] {
        switch envelope.frame {
        case .welcome(let welcome): return welcomed(welcome)
        case .messages(let messages): return messages.entries.flatMap { hear($0) }
        case .accepted(let accepted): return hear(accepted)
        case .rejected(let rejected): return hear(rejected)
        case .behind: return sync()
        case .synced(let synced): return hear(synced)
        default: return []
        }
    }

    private func send(_ n: ClientSequence) -> Send {
        var send = Send(to: Peer(.user, Key("alice")!))
        send.clientSequence = n
        send.body.content = Content(text: "x")
        return send
    }

    private mutating func welcomed(_ welcome: Welcome) -> [ClientFrame] {
        precondition(!welcome.resync)
        open.removeAll { $0 <= welcome.lastClientSequence }
        return open.map { .send(send($0)) } + (welcome.head > cursor ? sync() : [])
    }

    private mutating func hear(_ entry: Entry) -> [ClientFrame] {
        if let origin = entry.origin, origin.device == device { open.removeAll { $0 == origin.clientSequence } }
        return show(entry.seq, prev: entry.prev)
    }

    private mutating func hear(_ accepted: Accepted) -> [ClientFrame] {
        open.removeAll { $0 == accepted.clientSequence }
        return accepted.prev == nil ? [] : show(accepted.seq, prev: accepted.prev)
    }

    /// Temporary: it goes on from its lowest unanswered.
    private mutating func hear(_ rejected: RejectedFrame) -> [ClientFrame] {
        open.contains(rejected.clientSequence) ? [.send(send(rejected.clientSequence))] : []
    }

    private mutating func show(_ seq: Offset, prev: Offset?) -> [ClientFrame] {
        guard seq > cursor else { return [] }
        guard let prev, prev <= cursor else {
            gaps += 1
            return sync()
        }
        shown.append(seq)
        cursor = seq
        pushes += 1
        return []
    }

    private mutating func sync() -> [ClientFrame] {
        guard !isSyncing else { return [] }
        isSyncing = true
        return [page()]
    }

    private func page() -> ClientFrame {
        var sync = Sync()
        sync.after = cursor
        sync.limit = 7
        return .sync(sync)
    }

    private mutating func hear(_ synced: Synced) -> [ClientFrame] {
        for entry in synced.entries {
            if entry.seq > cursor, (entry.prev ?? 0) > cursor { gapsSwallowed += 1 }
            _ = hear(entry)
        }
        cursor = max(cursor, synced.upTo)
        isSyncing = !synced.live
        return synced.live ? [] : [page()]
    }
}
