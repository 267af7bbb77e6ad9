/// A Redis Cluster on loopback: masters that share the slots in equal parts, and replicas of each.
public final class RedisClusterServers: Sendable {
    public let servers: [RedisServer]
    public let masterCount: Int

    /// With replicas, nodes count as dead after a second; without, later, since nobody could take over.
    public init(masters: Int = 3, replicas: Int = 0, password: String? = nil, appendOnly: Bool = false) throws {
        var options = RedisServer.Options()
        options.isClusterNode = true
        options.password = password
        options.appendOnly = appendOnly
        options.settings = [("cluster-node-timeout", replicas > 0 ? "1000" : "5000")]
        masterCount = masters
        servers = try (0..<masters * (replicas + 1)).map { _ in try RedisServer(options) }
        var command = ["--cluster", "create"] + servers.map { "127.0.0.1:\($0.port)" }
        command += ["--cluster-replicas", "\(replicas)", "--cluster-yes"]
        if let password { command += ["-a", password, "--no-auth-warning"] }
        _ = try RedisCLI.run(command)
        try waitUntilReady(replicas: masters * replicas)
    }

    public var ports: [UInt16] { servers.map(\.port) }

    /// The server that now owns `slot`, as `asked` sees it.
    public func owner(ofSlot slot: Int, asked: RedisServer) throws -> RedisServer? {
        for line in try asked.command("CLUSTER", "NODES").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 8, words[2].contains("master"), !words[2].contains("fail") else { continue }
            let address = words[1].split(separator: "@")[0]
            if words[8...].contains(where: { covers($0, slot) }) {
                return servers.first { address.hasSuffix(":\($0.port)") }
            }
        }
        return nil
    }

    /// The node's own name, which CLUSTER SETSLOT takes.
    public func nodeID(of server: RedisServer) throws -> String { try server.command("CLUSTER", "MYID") }

    public func end() {
        for server in servers { server.end() }
    }

    private func covers(_ range: Substring, _ slot: Int) -> Bool {
        let ends = range.split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, let last = ends.last else { return false }
        return (first...max(first, last)).contains(slot)
    }

    private func waitUntilReady(replicas: Int) throws {
        for server in servers {
            try poll(until: "the cluster is up") {
                try server.command("CLUSTER", "INFO").contains("cluster_state:ok")
            }
        }
        try poll(until: "\(replicas) replicas follow") {
            try servers.count { try server($0, says: "master_link_status:up") } == replicas
        }
    }

    private func server(_ server: RedisServer, says text: String) throws -> Bool {
        try server.command("INFO", "replication").contains(text)
    }
}
