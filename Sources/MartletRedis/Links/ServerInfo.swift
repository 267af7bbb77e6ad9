/// What a server says of itself (INFO).
struct ServerInfo {
    private let fields: [Substring: Substring]

    init(_ text: String) {
        var fields: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
        self.fields = fields
    }

    /// It has not read its data yet.
    var isLoading: Bool { fields["loading"] == "1" }
    var isReplica: Bool { fields["role"] == "slave" }

    /// Why it is not used, if so.
    func refusal(by kind: ServerKind) -> RedisRefusal? {
        guard let version = fields["redis_version"], let policy = fields["maxmemory_policy"] else {
            return .unrecognised("INFO tells no version or no maxmemory_policy")
        }
        if !isRecent(version) { return .tooOld(version: String(version)) }
        let isClusterNode = fields["redis_mode"] == "cluster"
        if isClusterNode != (kind == .clusterNode) { return isClusterNode ? .clusterNode : .notClusterNode }
        if policy != "noeviction" { return .evicts(policy: String(policy)) }
        return kind == .master && isReplica ? .replica : nil
    }

    private func isRecent(_ version: Substring) -> Bool {
        let numbers = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        return !numbers.lexicographicallyPrecedes([6, 2])
    }
}

/// What a connection expects behind it.
enum ServerKind {
    /// Anything that takes subscriptions or tells a map: not looked at.
    case any
    case master
    /// A master by what a sentinel said, which may be older than a fail-over.
    case watchedMaster
    case clusterNode
}
