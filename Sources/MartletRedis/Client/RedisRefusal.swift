/// Why a server is not used, by name: what an operator has to change. The client looks again now and then.
public enum RedisRefusal: Sendable, Hashable {
    /// User or password is missing or wrong.
    case authentication(String)
    /// The ACL user may not use what the client needs.
    case notPermitted(String)
    /// `maxmemory-policy` is another one than `noeviction`: the server would throw mailboxes away.
    case evicts(policy: String)
    /// Older than 6.2.
    case tooOld(version: String)
    /// A replica, where a master was configured.
    case replica
    /// A node of a Redis Cluster, where a single server or a sentinel's master was configured.
    case clusterNode
    /// Not in cluster mode, where a Redis Cluster was configured.
    case notClusterNode
    /// The sentinels know no master of that name.
    case unknownMaster(String)
    /// Not a Redis server, or one that does not say what it is.
    case unrecognised(String)
}

extension RedisRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .authentication(let message): "authentication failed: \(message)"
        case .notPermitted(let message): "the user may not do what is needed: \(message)"
        case .evicts(let policy): "maxmemory-policy is \(policy) and must be noeviction"
        case .tooOld(let version): "version \(version) is older than 6.2"
        case .replica: "it is a replica, and a master is needed"
        case .clusterNode: "it is a node of a Redis Cluster, and another mode is configured"
        case .notClusterNode: "it is no node of a Redis Cluster, and a cluster is configured"
        case .unknownMaster(let name): "the sentinels know no master named \(name)"
        case .unrecognised(let what): "it does not answer like Redis: \(what)"
        }
    }
}
