import MartletCore

extension Peer: FrameFields {
    static var messageName: String { "Peer" }
    /// What a reader starts from.
    static var absent: Peer { Peer(.user, .absent) }
    var isAbsent: Bool { key.isAbsent }

    init() { self = .absent }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try member(1, "user", .user, &v)
        try member(2, "group", .group, &v)
    }

    private mutating func member<V: FieldVisitor & ~Escapable>(
        _ number: Int, _ name: StaticString, _ member: Kind, _ v: inout V
    ) throws(FrameError) {
        var read = kind == member ? key.bytes : []
        guard try v.identifier(number, name, &read) else { return }
        guard isAbsent else { throw .twoValues(name) }
        guard let key = Key(read) else { throw .invalid(name) }
        self = Peer(member, key)
    }
}

extension Content: FrameFields {
    static var messageName: String { "Content" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "contentType", &contentType)
        var text: String? = if case .text(let it) = value { it } else { nil }
        if try v.optional(2, "text", &text), let text { try set(.text(text)) }
        var bytes: [UInt8]? = if case .bytes(let it) = value { it } else { nil }
        if try v.optional(3, "bytes", &bytes), let bytes { try set(.bytes(bytes)) }
    }

    private mutating func set(_ read: Value) throws(FrameError) {
        guard value == nil else { throw .twoValues("value") }
        value = read
    }
}

extension Target: FrameFields {
    static var messageName: String { "Target" }

    init() { self.init(id: MessageID(0), seq: 0) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "id", &id)
        try v.field(2, "seq", &seq)
    }
}

extension Header: FrameFields {
    static var messageName: String { "Header" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "name", &name)
        try v.field(2, "value", &value)
    }
}

extension MessageBody: FrameFields {
    static var messageName: String { "MessageBody" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(14, "content", &content)
        try v.field(15, "headers", &headers)
    }
}

extension ConversationState: FrameFields {
    static var messageName: String { "ConversationState" }

    init() { self.init(peer: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "peer", &peer)
        try v.field(2, "lastSeq", &lastSeq)
        try v.field(3, "unread", &unread)
        try v.field(4, "readUpTo", &readUpTo)
        try v.field(5, "peerReceived", &peerReceived)
        try v.field(6, "peerRead", &peerRead)
        try v.field(7, "changedAt", &changedAt)
    }

    func finish() throws(FrameError) {
        guard !peer.isAbsent else { throw .missing("peer") }
    }
}

extension DevicePresence: FrameFields {
    static var messageName: String { "DevicePresence" }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "device", &device)
        try v.field(2, "state", &state)
        try v.field(3, "edge", &edge)
        try v.field(4, "home", &home)
        try v.field(5, "epoch", &epoch)
        try v.field(6, "leaseAgeMilliseconds", &leaseAgeMilliseconds)
        try v.field(7, "since", &since)
        try v.field(8, "lastSeen", &lastSeen)
    }
}

extension UserPresence: FrameFields {
    static var messageName: String { "UserPresence" }

    init() { self.init(user: .absent) }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "user", &user)
        try v.field(2, "state", &state)
        try v.field(3, "lastSeen", &lastSeen)
        try v.field(4, "asOf", &asOf)
        try v.field(5, "devices", &devices)
    }

    func finish() throws(FrameError) {
        guard !user.isAbsent else { throw .missing("user") }
    }
}
