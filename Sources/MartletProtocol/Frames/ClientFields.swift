import MartletCore

extension Hello: FrameFields {
    static var messageName: String { "Hello" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "token", &token)
        try v.field(2, "device", &device)
        try v.field(3, "generation", &generation)
        try v.field(4, "cursor", &cursor)
        try v.field(5, "followsRedirects", &followsRedirects)
    }

    func finish() throws(FrameError) {
        guard device.isEmpty || DeviceID(device) != nil else { throw .invalid("device") }
    }
}

extension Send: FrameFields {
    static var messageName: String { "Send" }

    init() { self.init(to: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "clientSequence", &clientSequence)
        try v.field(2, "to", &to)
        try v.field(11, "type", &type)
        try v.field(12, "target", &target)
        try v.field(13, "expiresAt", &expiresAt)
        try body.visit(&v)
    }

    func finish() throws(FrameError) {
        guard clientSequence > 0 else { throw .missing("clientSequence") }
        guard !to.isAbsent else { throw .missing("to") }
    }
}

extension Signal: FrameFields {
    static var messageName: String { "Signal" }

    init() { self.init(to: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "to", &to)
        try v.field(2, "type", &type)
        try v.field(3, "content", &content)
    }

    func finish() throws(FrameError) {
        guard !to.isAbsent else { throw .missing("to") }
    }
}

extension Ack: FrameFields {
    static var messageName: String { "Ack" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "seq", &seq)
    }
}

extension Read: FrameFields {
    static var messageName: String { "Read" }

    init() { self.init(conversation: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "conversation", &conversation)
        try v.field(2, "seq", &seq)
    }

    func finish() throws(FrameError) {
        guard !conversation.isAbsent else { throw .missing("conversation") }
    }
}

extension Sync: FrameFields {
    static var messageName: String { "Sync" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "after", &after)
        try v.field(2, "limit", &limit)
    }
}

extension ConversationsRequest: FrameFields {
    static var messageName: String { "ConversationsRequest" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "before", &before)
        try v.field(2, "limit", &limit)
    }
}

extension HistoryRequest: FrameFields {
    static var messageName: String { "HistoryRequest" }

    init() { self.init(conversation: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "conversation", &conversation)
        try v.field(2, "before", &before)
        try v.field(3, "limit", &limit)
    }

    func finish() throws(FrameError) {
        guard !conversation.isAbsent else { throw .missing("conversation") }
    }
}

extension PresenceRequest: FrameFields {
    static var messageName: String { "PresenceRequest" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "query", &query)
        try v.field(2, "subscribe", &subscribe)
        try v.field(3, "unsubscribe", &unsubscribe)
    }
}

extension Renew: FrameFields {
    static var messageName: String { "Renew" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "token", &token)
    }
}

extension Ping: FrameFields {
    static var messageName: String { "Ping" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {}
}
