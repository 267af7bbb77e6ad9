import MartletCore

/// What this process last saw of the cluster store. A store that was emptied, or went back, is filled from it again, by
/// whichever process comes first: registrations, worker ids, the map and the term live on, no node has to stop, and
/// neither terms nor versions go back where somebody still knows them.
struct ClusterMirror: Sendable {
    private(set) var birth: [UInt8] = []
    private(set) var version: UInt64 = 0
    private(set) var mapTerm: UInt64 = 0
    private(set) var term: Int64 = 0
    private var map: [UInt8] = []
    private var snapshot: StoredSnapshot?
    /// Rows of the nodes that registered through this process.
    private var own: [NodeID: [UInt8]] = [:]

    /// Behind clock and lease of every call.
    var arguments: [[UInt8]] { [birth, Array(String(version).utf8), StoreClient.text(term)] }

    /// `birth` empty: nothing was ever written.
    mutating func saw(birth: [UInt8]) {
        if !birth.isEmpty { self.birth = birth }
    }

    mutating func saw(_ snapshot: StoredSnapshot, map decoded: ClusterMap?) {
        self.snapshot = snapshot
        term = max(term, snapshot.term)
        if let decoded, let bytes = snapshot.map { saw(decoded, bytes) }
    }

    mutating func saw(_ map: ClusterMap, _ bytes: [UInt8]) {
        guard map.version >= version, map.version <= UInt64(StoreNumber.max) else { return }
        (version, mapTerm, self.map) = (map.version, map.term, bytes)
    }

    mutating func saw(_ leadership: Leadership) { term = max(term, Int64(clamping: leadership.term)) }

    mutating func registered(_ node: NodeID, _ row: [UInt8]) { own[node] = row }
    mutating func left(_ node: NodeID) { own[node] = nil }

    /// Behind clock and lease: what `restore` puts into the store.
    var restoring: [[UInt8]] {
        let nodes = mergedNodes
        var arguments = [
            StoreClient.text(snapshot?.now ?? 0), Array(String(version).utf8), Array(String(mapTerm).utf8),
        ]
        arguments += [map, StoreClient.text(term)]
        for rows in [nodes, snapshot?.workers ?? [], snapshot?.reports ?? [], snapshot?.pins ?? []] {
            arguments.append(StoreClient.text(Int64(rows.count)))
            for (field, value) in rows { arguments += [field, value] }
        }
        return arguments
    }

    private var mergedNodes: StoredSnapshot.Rows {
        var nodes = snapshot?.nodes ?? []
        let known = Set(nodes.map(\.field))
        for (id, row) in own.sorted(by: { $0.key < $1.key }) where !known.contains(id.bytes) {
            nodes.append((id.bytes, row))
        }
        return nodes
    }

}
