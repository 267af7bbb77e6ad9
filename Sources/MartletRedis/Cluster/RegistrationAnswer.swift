import MartletCore

/// What the script says of a registration.
enum RegistrationAnswer: Sendable {
    case registered(NodeRow, packed: [UInt8])
    case refused(RegistrationError)

    init(_ node: NodeID, _ parts: [RedisReply]) throws(StoreError) {
        guard let code = parts.first else { throw .unreadable("registration") }
        switch (try code.integer("registration"), parts.count) {
        case (0, 2):
            let packed = try parts[1].bytes("node"), stored = try StoredNode(node.bytes, packed)
            self = .registered(stored.row(now: stored.renewed), packed: packed)
        case (1, 1): self = .refused(.conflict("a live node has the name \(node)"))
        case (2, 1): self = .refused(.noWorkerID)
        case (3, 4):
            let words = try parts.dropFirst().map { (part) throws(StoreError) in
                String(decoding: try part.bytes("setting"), as: UTF8.self)
            }
            self = .refused(.disagrees(setting: words[0], cluster: words[1], node: words[2]))
        default: throw .unreadable("registration")
        }
    }
}
