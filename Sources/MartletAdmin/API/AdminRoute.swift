import MartletCore

/// What a path of the admin API names.
enum AdminRoute: Equatable {
    case health, ready, metrics, cluster, map, nodes
    /// Several users, named in the query or in the body.
    case users
    case presence(Key)
    case node(NodeID, NodeVerb)
    case slot(Slot, SlotVerb)

    enum NodeVerb: String {
        case drain, undrain, kill, pause
    }

    enum SlotVerb: String {
        case pin, unpin
    }

    /// Nil: no such path. Throws where a part of the path is not what it should be.
    init?(_ path: String, isDevelopment: Bool) throws(AdminError) {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        switch segments.count {
        case 1: self.init(top: segments[0])
        case 3 where segments[0...1] == ["admin", "v1"]: self.init(collection: segments[2], isDevelopment)
        case 4 where segments[0...1] == ["admin", "v1"]:
            try self.init(segments[2], item: segments[3], isDevelopment)
        default: return nil
        }
    }

    /// What can be done with it; the rest gets 405.
    var methods: [String] {
        switch self {
        case .health, .ready, .metrics, .cluster, .map, .presence: ["GET", "HEAD"]
        case .users: ["GET", "HEAD", "POST"]
        case .nodes, .node, .slot: ["POST"]
        }
    }

    /// Health and readiness are for probes, which hold no token.
    var needsToken: Bool { self != .health && self != .ready }

    private init?(top: String) {
        switch top {
        case "healthz": self = .health
        case "readyz": self = .ready
        case "metrics": self = .metrics
        default: return nil
        }
    }

    private init?(collection: String, _ isDevelopment: Bool) {
        switch collection {
        case "cluster": self = .cluster
        case "map": self = .map
        case "presence": self = .users
        case "nodes" where isDevelopment: self = .nodes
        default: return nil
        }
    }

    private init?(_ collection: String, item: String, _ isDevelopment: Bool) throws(AdminError) {
        switch collection {
        case "presence": self = .presence(try AdminRoute.user(try PercentEncoding.text(item)))
        case "nodes": try self.init(node: item, isDevelopment)
        case "slots": try self.init(slot: item)
        default: return nil
        }
    }

    private init?(node item: String, _ isDevelopment: Bool) throws(AdminError) {
        // A colon that belongs to a node's name is written %3A.
        guard let colon = item.lastIndex(of: ":"),
            let verb = NodeVerb(rawValue: String(item[colon...].dropFirst())),
            isDevelopment || verb == .drain || verb == .undrain
        else { return nil }
        self = .node(try AdminRoute.node(try PercentEncoding.text(item[..<colon])), verb)
    }

    private init?(slot item: String) throws(AdminError) {
        guard let colon = item.lastIndex(of: ":"), let verb = SlotVerb(rawValue: String(item[colon...].dropFirst()))
        else { return nil }
        guard let number = UInt16(item[..<colon]) else { throw AdminError(.invalid, "not the number of a slot") }
        self = .slot(Slot(Int(number)), verb)
    }

    static func user(_ text: String) throws(AdminError) -> Key {
        guard let user = Key(text) else { throw AdminError(.invalid, "not a user id") }
        return user
    }

    static func node(_ text: String) throws(AdminError) -> NodeID {
        guard let node = NodeID(text) else { throw AdminError(.invalid, "not a node id") }
        return node
    }
}
