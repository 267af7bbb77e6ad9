import MartletCore

/// What an envelope may hold: a oneof that lists its members once.
protocol FrameOneof {
    static var envelopeName: String { get }
    static func visit<V: FieldVisitor & ~Escapable>(_ frame: inout Self?, _ v: inout V) throws(FrameError)
}

/// An envelope while it is read or written. The ref stays readable when the frame is refused.
struct EnvelopeDraft<F: FrameOneof>: FrameFields {
    static var messageName: String { F.envelopeName }
    var ref: UInt64?
    var frame: F?

    init() {}

    init(_ ref: UInt64?, _ frame: F) {
        self.ref = ref
        self.frame = frame
    }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "ref", &ref)
        try F.visit(&frame, &v)
    }
}

extension ClientFrame: FrameOneof {
    static var envelopeName: String { "ClientEnvelope" }

    static func visit<V: FieldVisitor & ~Escapable>(_ frame: inout Self?, _ v: inout V) throws(FrameError) {
        try v.frame(2, "hello", &frame, Self.hello) { if case .hello(let it) = $0 { it } else { nil } }
        try v.frame(3, "send", &frame, Self.send) { if case .send(let it) = $0 { it } else { nil } }
        try v.frame(4, "signal", &frame, Self.signal) { if case .signal(let it) = $0 { it } else { nil } }
        try v.frame(5, "ack", &frame, Self.ack) { if case .ack(let it) = $0 { it } else { nil } }
        try v.frame(6, "read", &frame, Self.read) { if case .read(let it) = $0 { it } else { nil } }
        try v.frame(7, "sync", &frame, Self.sync) { if case .sync(let it) = $0 { it } else { nil } }
        try v.frame(8, "conversations", &frame, Self.conversations) {
            if case .conversations(let it) = $0 { it } else { nil }
        }
        try v.frame(9, "history", &frame, Self.history) { if case .history(let it) = $0 { it } else { nil } }
        try v.frame(10, "presence", &frame, Self.presence) { if case .presence(let it) = $0 { it } else { nil } }
        try v.frame(11, "renew", &frame, Self.renew) { if case .renew(let it) = $0 { it } else { nil } }
        try v.frame(12, "ping", &frame, Self.ping) { if case .ping(let it) = $0 { it } else { nil } }
    }
}

extension ServerFrame: FrameOneof {
    static var envelopeName: String { "ServerEnvelope" }

    static func visit<V: FieldVisitor & ~Escapable>(_ frame: inout Self?, _ v: inout V) throws(FrameError) {
        try v.frame(2, "welcome", &frame, Self.welcome) { if case .welcome(let it) = $0 { it } else { nil } }
        try v.frame(3, "accepted", &frame, Self.accepted) { if case .accepted(let it) = $0 { it } else { nil } }
        try v.frame(4, "rejected", &frame, Self.rejected) { if case .rejected(let it) = $0 { it } else { nil } }
        try v.frame(5, "messages", &frame, Self.messages) { if case .messages(let it) = $0 { it } else { nil } }
        try v.frame(6, "behind", &frame, Self.behind) { if case .behind(let it) = $0 { it } else { nil } }
        try v.frame(7, "synced", &frame, Self.synced) { if case .synced(let it) = $0 { it } else { nil } }
        try v.frame(8, "conversations", &frame, Self.conversations) {
            if case .conversations(let it) = $0 { it } else { nil }
        }
        try v.frame(9, "history", &frame, Self.history) { if case .history(let it) = $0 { it } else { nil } }
        try v.frame(10, "receipt", &frame, Self.receipt) { if case .receipt(let it) = $0 { it } else { nil } }
        try v.frame(11, "presence", &frame, Self.presence) { if case .presence(let it) = $0 { it } else { nil } }
        try v.frame(12, "signal", &frame, Self.signal) { if case .signal(let it) = $0 { it } else { nil } }
        try v.frame(13, "reconnect", &frame, Self.reconnect) { if case .reconnect(let it) = $0 { it } else { nil } }
        try v.frame(14, "pong", &frame, Self.pong) { if case .pong(let it) = $0 { it } else { nil } }
        try v.frame(15, "error", &frame, Self.error) { if case .error(let it) = $0 { it } else { nil } }
    }
}
