import MartletCore

extension Welcome: FrameFields {
    static var messageName: String { "Welcome" }

    init() { self.init(user: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "user", &user)
        try v.field(2, "device", &device)
        try v.field(3, "session", &session)
        try v.field(4, "node", &node)
        try v.field(5, "home", &home)
        try v.field(6, "generation", &generation)
        try v.field(7, "cursor", &cursor)
        try v.field(8, "resync", &resync)
        try v.field(9, "head", &head)
        try v.field(10, "lastClientSequence", &lastClientSequence)
        try v.field(11, "rejectedClientSequences", &rejectedClientSequences)
        try v.field(12, "heartbeatMilliseconds", &heartbeatMilliseconds)
        try v.field(13, "maxFrameBytes", &maxFrameBytes)
        try v.field(14, "maxContentBytes", &maxContentBytes)
        try v.field(15, "time", &time)
    }

    func finish() throws(FrameError) {
        guard !user.isAbsent else { throw .missing("user") }
    }
}

extension Accepted: FrameFields {
    static var messageName: String { "Accepted" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "clientSequence", &clientSequence)
        try v.field(2, "id", &id)
        try v.field(3, "seq", &seq)
        try v.field(4, "prev", &prev)
        try v.field(5, "time", &time)
    }
}

extension RejectedFrame: FrameFields {
    static var messageName: String { "Rejected" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "clientSequence", &clientSequence)
        try v.field(2, "code", &code)
        try v.field(3, "reason", &reason)
        try v.field(4, "expected", &expected)
        try v.field(5, "retryAfterMilliseconds", &retryAfterMilliseconds)
    }
}

extension Messages: FrameFields {
    static var messageName: String { "Messages" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "entries", &entries)
    }
}

extension Behind: FrameFields {
    static var messageName: String { "Behind" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "head", &head)
    }
}

extension Synced: FrameFields {
    static var messageName: String { "Synced" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "entries", &entries)
        try v.field(2, "conversations", &conversations)
        try v.field(3, "upTo", &upTo)
        try v.field(4, "floor", &floor)
        try v.field(5, "live", &live)
    }
}

extension Conversations: FrameFields {
    static var messageName: String { "Conversations" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "conversations", &conversations)
        try v.field(2, "more", &more)
    }
}

extension History: FrameFields {
    static var messageName: String { "History" }

    init() { self.init(conversation: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "conversation", &conversation)
        try v.field(2, "entries", &entries)
        try v.field(3, "more", &more)
    }

    func finish() throws(FrameError) {
        guard !conversation.isAbsent else { throw .missing("conversation") }
    }
}

extension Receipt: FrameFields {
    static var messageName: String { "Receipt" }

    init() { self.init(conversation: ConversationState()) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "conversation", &conversation)
    }

    func finish() throws(FrameError) {
        guard !conversation.peer.isAbsent else { throw .missing("conversation") }
    }
}

extension PresenceFrame: FrameFields {
    static var messageName: String { "Presence" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "users", &users)
    }
}

extension IncomingSignal: FrameFields {
    static var messageName: String { "IncomingSignal" }

    init() { self.init(from: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "from", &from)
        try v.field(2, "type", &type)
        try v.field(3, "content", &content)
    }

    func finish() throws(FrameError) {
        guard !from.isAbsent else { throw .missing("from") }
    }
}

extension Reconnect: FrameFields {
    static var messageName: String { "Reconnect" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "address", &address)
        try v.field(2, "afterMilliseconds", &afterMilliseconds)
    }
}

extension Pong: FrameFields {
    static var messageName: String { "Pong" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "time", &time)
    }
}

extension ErrorFrame: FrameFields {
    static var messageName: String { "Error" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "code", &code)
        try v.field(2, "reason", &reason)
        try v.field(3, "retryAfterMilliseconds", &retryAfterMilliseconds)
    }
}
