import MartletCore

/// The cluster map as an operator sees it.
public struct ClusterReport: Equatable, Sendable {
    public var version: UInt64
    public var term: UInt64
    /// The coordinator that leads; nil: none does.
    public var leader: String?
    /// Ascending by id.
    public var nodes: [NodeReport]
    /// By slot.
    public var slots: [SlotStatus]

    public init(version: UInt64, term: UInt64, leader: String?, nodes: [NodeReport], slots: [SlotStatus]) {
        self.version = version
        self.term = term
        self.leader = leader
        self.nodes = nodes
        self.slots = slots
    }
}

extension ClusterReport: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("version", version)
            json.field("term", term)
            json.field("leader", leader)
            json.field("nodes", nodes)
            json.field("slots", slots)
        }
    }
}
