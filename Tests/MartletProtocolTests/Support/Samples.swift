import MartletCore
import MartletProtocol
import Testing

/// One value of every frame, with every field set.
enum Samples {
    struct Sample: Sendable, CustomTestStringConvertible {
        enum Envelope: Sendable { case client(ClientEnvelope), server(ServerEnvelope) }
        var name: String
        var envelope: Envelope
        var testDescription: String { name }

        func encode(_ encoding: FrameEncoding) -> [UInt8] {
            switch envelope {
            case .client(let it): MartletProtocolTests.encode(it, encoding)
            case .server(let it): MartletProtocolTests.encode(it, encoding)
            }
        }

        func decodes(_ bytes: [UInt8], _ encoding: FrameEncoding) throws -> Bool {
            switch envelope {
            case .client(let it): try decodeClient(bytes, encoding) == it
            case .server(let it): try decodeServer(bytes, encoding) == it
            }
        }
    }

    static let all =
        client.enumerated().map { i, it in
            Sample(name: "client-" + it.0, envelope: .client(ClientEnvelope(ref: i % 3 == 0 ? nil : UInt64(i), it.1)))
        }
        + server.enumerated().map { i, it in
            Sample(name: "server-" + it.0, envelope: .server(ServerEnvelope(ref: i % 3 == 0 ? nil : UInt64(i), it.1)))
        }

    static let bob = Peer(.user, key("bob"))
    static let team = Peer(.group, key("t\u{F6}am \u{1F600}"))

    static var body: MessageBody {
        var body = MessageBody()
        body.content = Content(text: "\u{0}h\u{E9}\"llo\"\\\u{1F600}\n")
        var header = Header()
        header.name = "push"
        header.value = "silent"
        body.headers = [header, Header()]
        return body
    }

    static var bytes: Content {
        var content = Content()
        content.contentType = "application/octet-stream"
        content.value = .bytes(Array(0...255))
        return content
    }

    static var send: Send {
        var send = Send(to: team)
        send.clientSequence = .max
        send.type = .delete
        send.target = Target(id: MessageID(.max), seq: .max)
        send.expiresAt = .max
        send.body = body
        return send
    }

    static var signal: Signal {
        var signal = Signal(to: bob)
        signal.type = "typing"
        signal.content = bytes
        return signal
    }

    static var entry: Entry {
        Entry(
            seq: 300, prev: 0, prevInConversation: 299, id: MessageID(1 << 63), from: key("alice"), actor: key("bot"),
            origin: Entry.Origin(device: DeviceID(trusted: Array("phone".utf8)), clientSequence: 9),
            conversation: team,
            content: MessageContent(
                type: .reaction, target: Target(id: MessageID(1), seq: 2), expiresAt: 3,
                body: FrameCodec.encodeBody(body)),
            time: 1_735_689_600_001)
    }

    static var bareEntry: Entry {
        Entry(
            seq: 1, id: MessageID(1), from: key("a"), conversation: bob,
            content: MessageContent(type: .message, body: []),
            time: 0)
    }

    static let state = ConversationState(
        peer: team, lastSeq: 1, unread: 2, readUpTo: 3, peerReceived: 4, peerRead: 5, changedAt: 6)

    static func make<T>(_ value: T, _ change: (inout T) -> Void) -> T {
        var copy = value
        change(&copy)
        return copy
    }

    static let client: [(String, ClientFrame)] = [
        (
            "hello",
            .hello(make(Hello()) { ($0.token, $0.device, $0.cursor, $0.followsRedirects) = ("t", "d", 5, true) })
        ),
        ("send", .send(send)),
        ("signal", .signal(signal)),
        ("ack", .ack(make(Ack()) { $0.seq = .max })),
        ("read", .read(make(Read(conversation: team)) { $0.seq = 4 })),
        ("sync", .sync(make(Sync()) { ($0.after, $0.limit) = (1, 2) })),
        ("conversations", .conversations(make(ConversationsRequest()) { ($0.before, $0.limit) = (1, 2) })),
        ("history", .history(make(HistoryRequest(conversation: bob)) { ($0.before, $0.limit) = (1, 2) })),
        (
            "presence",
            .presence(
                make(PresenceRequest()) {
                    ($0.query, $0.subscribe, $0.unsubscribe) = ([key("a"), key("b")], [key("c")], [key("d")])
                })
        ),
        ("renew", .renew(make(Renew()) { $0.token = "t" })),
        ("ping", .ping(Ping())),
    ]

    static var welcome: Welcome {
        var it = Welcome(user: key("alice"))
        (it.device, it.session, it.node, it.home, it.generation) = ("phone", 1, "n1", "n2", .max)
        (it.cursor, it.resync, it.head, it.lastClientSequence) = (2, true, 3, 4)
        it.rejectedClientSequences = [1, 128, .max]
        (it.heartbeatMilliseconds, it.maxFrameBytes, it.maxContentBytes, it.time) = (5, 6, 7, 8)
        return it
    }

    static var user: UserPresence {
        var device = DevicePresence()
        (device.device, device.state, device.edge, device.home) = ("tab", .unknown, "n1", "n2")
        (device.epoch, device.leaseAgeMilliseconds, device.since, device.lastSeen) = (1, 2, 3, 4)
        var user = UserPresence(user: key("bob"))
        (user.state, user.lastSeen, user.asOf, user.devices) = (.online, 5, 6, [device, DevicePresence()])
        return user
    }

    static let server: [(String, ServerFrame)] = [
        ("welcome", .welcome(welcome)),
        (
            "accepted",
            .accepted(
                make(Accepted()) { ($0.clientSequence, $0.id, $0.seq, $0.prev, $0.time) = (1, MessageID(2), 3, 0, 4) })
        ),
        (
            "rejected",
            .rejected(
                make(RejectedFrame()) {
                    ($0.clientSequence, $0.code, $0.reason) = (1, .outOfOrder, "r")
                    ($0.expected, $0.retryAfterMilliseconds) = (2, 3)
                })
        ),
        ("messages", .messages(make(Messages()) { $0.entries = [entry, bareEntry, entry] })),
        ("behind", .behind(make(Behind()) { $0.head = 1 })),
        (
            "synced",
            .synced(
                make(Synced()) {
                    ($0.entries, $0.conversations) = ([bareEntry, entry], [state, ConversationState(peer: bob)])
                    ($0.upTo, $0.floor, $0.live) = (1, 2, true)
                })
        ),
        ("conversations", .conversations(make(Conversations()) { ($0.conversations, $0.more) = ([state], true) })),
        ("history", .history(make(History(conversation: bob)) { ($0.entries, $0.more) = ([entry], true) })),
        ("receipt", .receipt(Receipt(conversation: state))),
        ("presence", .presence(make(PresenceFrame()) { $0.users = [user, UserPresence(user: key("eve"))] })),
        ("signal", .signal(make(IncomingSignal(from: key("alice"))) { ($0.type, $0.content) = ("call", bytes) })),
        ("reconnect", .reconnect(make(Reconnect()) { ($0.address, $0.afterMilliseconds) = ("h:1", 2) })),
        ("pong", .pong(make(Pong()) { $0.time = 1 })),
        (
            "error",
            .error(make(ErrorFrame()) { ($0.code, $0.reason, $0.retryAfterMilliseconds) = (.busy, "slow", 9) })
        ),
    ]
}
