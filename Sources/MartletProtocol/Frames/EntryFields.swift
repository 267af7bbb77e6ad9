import MartletCore

extension Entry: FrameFields {
    static var messageName: String { "Entry" }

    init() {
        self.init(
            seq: 0, id: MessageID(0), from: .absent, conversation: .absent,
            content: MessageContent(type: .message, body: []), time: 0)
    }

    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError) {
        try v.field(1, "seq", &seq)
        try v.field(2, "prev", &prev)
        try v.field(3, "prevInConversation", &prevInConversation)
        try v.field(4, "id", &id)
        try v.field(5, "from", &from)
        try v.field(6, "actor", &actor)
        try Origin.visit(&origin, &v)
        try v.field(9, "conversation", &conversation)
        try v.field(10, "time", &time)
        try v.field(11, "type", &content.type)
        try v.field(12, "target", &content.target)
        try v.field(13, "expiresAt", &content.expiresAt)
        _ = try v.splice(&content.body)
    }

    func finish() throws(FrameError) {
        guard !from.isAbsent else { throw .missing("from") }
        guard !conversation.isAbsent else { throw .missing("conversation") }
        guard origin?.device.bytes.isEmpty != true else { throw .missing("device") }
    }
}

extension Entry.Origin {
    /// Two fields of the entry. While it is read, the number may be there before the device.
    static func visit<V: FieldVisitor & ~Escapable>(_ origin: inout Self?, _ v: inout V) throws(FrameError) {
        var device = origin?.device.bytes ?? []
        var clientSequence = origin?.clientSequence ?? 0
        let readDevice = try v.identifier(7, "device", &device)
        let readSequence = try v.unsigned(8, "clientSequence", &clientSequence, bits: 64)
        guard readDevice || readSequence else { return }
        guard device.isEmpty || DeviceID(device) != nil else { throw .invalid("device") }
        origin = Self(device: DeviceID(trusted: device), clientSequence: clientSequence)
    }
}
