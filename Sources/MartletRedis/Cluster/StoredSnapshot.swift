import MartletCore

/// The cluster store's rows, as one script call reads them.
struct StoredSnapshot: Sendable {
    typealias Rows = [(field: [UInt8], value: [UInt8])]

    var now: Int64
    var nodes: Rows
    var workers: Rows
    var reports: Rows
    var pins: Rows
    var map: [UInt8]?
    /// The highest that the store knows, a map's or a leader's.
    var term: Int64
    /// Whose lease holds.
    var leadership: Leadership?

    /// Behind the birth: time, nodes, workers, reports, pins, map, highest term, leader, its term.
    init(_ parts: [RedisReply]) throws(StoreError) {
        guard parts.count == 9 else { throw .unreadable("cluster") }
        now = try parts[0].integer("time")
        nodes = try StoredSnapshot.rows(parts[1], "node")
        workers = try StoredSnapshot.rows(parts[2], "worker")
        reports = try StoredSnapshot.rows(parts[3], "report")
        pins = try StoredSnapshot.rows(parts[4], "pin")
        map = try parts[5].optionalBytes("map")
        term = try parts[6].integer("term")
        guard let leader = try parts[7].optionalBytes("leader") else { return }
        guard let held = UInt64(exactly: try parts[8].integer("term")) else { throw .unreadable("term") }
        leadership = Leadership(leader: String(decoding: leader, as: UTF8.self), term: held)
    }

    private static func rows(_ reply: RedisReply, _ what: String) throws(StoreError) -> Rows {
        var rows: Rows = []
        for (field, value) in try reply.pairs(what) { rows.append((field, try value.bytes(what))) }
        return rows
    }

    func decoded() throws(StoreError) -> ClusterSnapshot {
        var snapshot = ClusterSnapshot(nodes: [], reports: [], map: try map.map(StoredSnapshot.decodeMap))
        snapshot.leadership = leadership
        for (id, packed) in nodes { snapshot.nodes.append(try StoredNode(id, packed).row(now: now)) }
        for (slot, value) in reports { snapshot.reports.append(try SlotReport(slot, value)) }
        for (slot, node) in pins {
            guard (1...NodeID.maxBytes).contains(node.count) else { throw .unreadable("pin") }
            snapshot.pins.append((try StoredSnapshot.slot(slot), NodeID(trusted: node)))
        }
        snapshot.nodes.sort { $0.registration.id < $1.registration.id }
        snapshot.reports.sort { $0.slot < $1.slot }
        snapshot.pins.sort { $0.slot < $1.slot }
        return snapshot
    }

    static func decodeMap(_ bytes: [UInt8]) throws(StoreError) -> ClusterMap {
        do { return try ClusterMapCodec.decode(bytes) } catch { throw .unreadable("map: \(error)") }
    }

    static func slot(_ field: [UInt8]) throws(StoreError) -> Slot {
        guard let number = UInt16(String(decoding: field, as: UTF8.self)) else { throw .unreadable("slot") }
        return Slot(Int(number))
    }
}

extension SlotReport {
    /// `o` or `r`, and the epoch.
    func stored() throws(StoreError) -> [UInt8] {
        switch self {
        case .owns(_, let epoch): [UInt8(ascii: "o")] + StoreClient.text(try StoreNumber.checked(epoch, "epoch"))
        case .released(_, let epoch): [UInt8(ascii: "r")] + StoreClient.text(try StoreNumber.checked(epoch, "epoch"))
        }
    }

    init(_ field: [UInt8], _ value: [UInt8]) throws(StoreError) {
        let slot = try StoredSnapshot.slot(field)
        guard let epoch = Epoch(String(decoding: value.dropFirst(), as: UTF8.self)) else { throw .unreadable("report") }
        switch value[0] {
        case UInt8(ascii: "o"): self = .owns(slot, epoch)
        case UInt8(ascii: "r"): self = .released(slot, epoch)
        default: throw .unreadable("report")
        }
    }
}
