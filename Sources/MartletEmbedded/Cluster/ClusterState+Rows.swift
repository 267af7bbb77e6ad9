import MartletCore

/// The cluster store's state from its rows, at a start. Leases are void, for nobody knows how long
/// the process was away.
extension ClusterState {
    static func row(_ milliseconds: Int64) -> [UInt8] {
        var writer = ByteWriter(reserving: 8)
        writer.signed(milliseconds)
        return writer.bytes
    }

    static func row(_ leadership: Leadership) -> [UInt8] {
        var writer = ByteWriter(reserving: 32)
        writer.varint(leadership.term)
        writer.prefixed(Array(leadership.leader.utf8))
        return writer.bytes
    }

    static func load(_ database: Database, leaseMilliseconds: Int64) throws(DatabaseError) -> ClusterState {
        var state = ClusterState(leaseMilliseconds: leaseMilliseconds)
        try database.scan(.cluster, prefix: []) { (key, value) throws(DatabaseError) in
            try decoding("cluster") { () throws(ByteError) in try state.take(key, value) }
            return true
        }
        return state
    }

    private mutating func take(_ key: [UInt8], _ value: [UInt8]) throws(ByteError) {
        var reader = ByteReader(value)
        let number = ClusterKeys.number(inKey: key)
        if key == ClusterKeys.mapKey {
            map = try decodeMap(value)
        } else if key == ClusterKeys.leadershipKey {
            let term = try reader.varint()
            leadership = Leadership(leader: String(decoding: try reader.prefixed(), as: UTF8.self), term: term)
        } else if key.starts(with: ClusterKeys.nodes) {
            let node = try StoredNode(value)
            nodes[node.registration.id] = node
        } else if key.starts(with: ClusterKeys.workers) {
            let written = try reader.signed()
            workers[number] = Worker(renewed: written + ClusterState.renewalRowMilliseconds, written: written)
        } else if key.starts(with: ClusterKeys.reports) {
            reports[Slot(number)] = try SlotReport(Slot(number), value)
        } else if key.starts(with: ClusterKeys.pins) {
            pins[Slot(number)] = NodeID(trusted: value)
        }
    }

    private func decodeMap(_ bytes: [UInt8]) throws(ByteError) -> ClusterMap {
        do {
            return try ClusterMapCodec.decode(bytes)
        } catch {
            throw .invalid
        }
    }
}
