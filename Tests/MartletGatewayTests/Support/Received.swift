import MartletCore
import MartletProtocol
import Testing

/// What a client has of its mailbox, held against what the protocol promises: in order, chained by `prev`, no gap.
struct Received {
    private(set) var texts: [String] = []
    private(set) var cursor: Offset = 0
    private(set) var largestPage = 0
    private var own: Set<Offset> = []

    init(cursor: Offset = 0) { self.cursor = cursor }

    /// Reads until there are `count` texts; syncs when it is told that it is behind.
    mutating func read(_ client: TestClient, until count: Int, includingOwn: Bool = true) throws {
        if texts.count < count { sync(client) }
        while texts.count < count {
            switch client.next() {
            case .frame(let envelope): take(envelope.frame, client, includingOwn)
            case let end:
                throw TestCluster.Failure("\(end) after \(texts.count) of \(count) entries")
            }
        }
        client.ack(cursor)
    }

    private func sync(_ client: TestClient) {
        var sync = Sync()
        sync.after = cursor
        client.say(.sync(sync))
    }

    private mutating func take(_ frame: ServerFrame, _ client: TestClient, _ includingOwn: Bool) {
        switch frame {
        case .messages(let messages): for entry in messages.entries { take(entry, includingOwn) }
        case .synced(let synced):
            largestPage = max(largestPage, synced.entries.reduce(0) { $0 + $1.content.body.count })
            for entry in synced.entries { take(entry, includingOwn) }
            if !synced.live { sync(client) }
        case .behind: sync(client)
        case .accepted(let accepted): own.insert(accepted.seq)
        default: break
        }
        client.ack(cursor)
    }

    private mutating func take(_ entry: Entry, _ includingOwn: Bool) {
        // At least once on the wire: a client drops what it has.
        guard entry.seq > cursor else { return }
        #expect(
            entry.prev == cursor || own.contains(entry.prev ?? -1),
            "a gap: \(cursor), then \(entry.seq) behind \(entry.prev ?? -1)")
        cursor = entry.seq
        guard includingOwn || entry.origin == nil else { return }
        texts.append(text(of: entry))
    }

    private func text(of entry: Entry) -> String {
        guard case .text(let text)? = try? FrameCodec.decodeBody(entry.content.body).content?.value else { return "?" }
        return text
    }
}

extension TestClient {
    /// Whether every client sequence up to `last` is accepted, in order, each once. Sends that come back as out of
    /// order or too early would be a failure here: the tests leave the edge to say them again.
    func acceptedAll(through last: ClientSequence) -> Bool {
        wait { frame -> Bool? in
            switch frame {
            case .accepted(let accepted): accepted.clientSequence == last ? true : nil
            case .rejected: false
            default: nil
            }
        } ?? false
    }
}
