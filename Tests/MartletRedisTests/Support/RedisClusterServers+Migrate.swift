import ServerHarness

extension RedisClusterServers {
    /// Moves a slot as an operator's tool does it; `meanwhile` runs while its keys are under way (ASK), and once more
    /// when they have arrived and the map still names the source.
    func migrate(
        slot: Int, from source: RedisServer, to target: RedisServer, _ meanwhile: () async throws -> Void
    ) async throws {
        let (sourceID, targetID) = (try nodeID(of: source), try nodeID(of: target))
        try target.command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", sourceID)
        try source.command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", targetID)
        try await meanwhile()
        let keys = try source.command("CLUSTER", "GETKEYSINSLOT", "\(slot)", "100").split(separator: "\n")
        for key in keys {
            try source.command("MIGRATE", "127.0.0.1", "\(target.port)", String(key), "0", "5000")
        }
        try await meanwhile()
        for server in [target, source] { try server.command("CLUSTER", "SETSLOT", "\(slot)", "NODE", targetID) }
    }
}
