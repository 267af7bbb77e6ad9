public import MartletCore

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

/// Who owns one slot.
public struct SlotStatus: Equatable, Sendable {
    public var slot: Slot
    /// Nil: nobody can own it now.
    public var owner: NodeID?
    public var epoch: Epoch
    /// The node that gets it, while the owner is asked to let go.
    public var movingTo: NodeID?

    public init(slot: Slot, owner: NodeID?, epoch: Epoch, movingTo: NodeID? = nil) {
        self.slot = slot
        self.owner = owner
        self.epoch = epoch
        self.movingTo = movingTo
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

extension SlotStatus: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("slot", slot.index)
            json.field("owner", owner?.description)
            json.field("epoch", epoch)
            json.field("movingTo", movingTo?.description)
        }
    }
}
