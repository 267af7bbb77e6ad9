import MartletCore

/// What a path of the admin API names.
enum AdminRoute: Equatable {
    case health, ready, metrics, cluster, nodes
    case presence(Key)
    case node(NodeID, NodeVerb)

    enum NodeVerb: String {
        case drain, undrain, kill, pause
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
        case .health, .ready, .metrics, .cluster, .presence: ["GET", "HEAD"]
        case .nodes, .node: ["POST"]
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
        case "nodes" where isDevelopment: self = .nodes
        default: return nil
        }
    }

    private init?(_ collection: String, item: String, _ isDevelopment: Bool) throws(AdminError) {
        switch collection {
        case "presence": self = .presence(try AdminRoute.user(item))
        case "nodes":
            // A colon that belongs to a node's name is written %3A.
            guard let colon = item.lastIndex(of: ":"),
                let verb = NodeVerb(rawValue: String(item[colon...].dropFirst())),
                isDevelopment || verb == .drain || verb == .undrain
            else { return nil }
            self = .node(try AdminRoute.node(item[..<colon]), verb)
        default: return nil
        }
    }

    private static func user(_ text: String) throws(AdminError) -> Key {
        guard let user = Key(try PercentEncoding.text(text)) else { throw AdminError(.invalid, "not a user id") }
        return user
    }

    private static func node(_ text: Substring) throws(AdminError) -> NodeID {
        guard let node = NodeID(try PercentEncoding.text(text)) else { throw AdminError(.invalid, "not a node id") }
        return node
    }
}
