/// The versioned document that the coordinator publishes: nodes, and for each slot its owner, epoch and state.
public struct ClusterMap: Hashable, Sendable {
    public struct Node: Hashable, Sendable {
        public enum State: UInt8, Sendable { case up = 0, draining = 1 }
        public var id: NodeID
        public var incarnation: UInt64
        public var linkAddress: String
        public var clientAddress: String
        public var weight: Int
        public var worker: Int
        public var state: State

        public init(
            id: NodeID, incarnation: UInt64, linkAddress: String, clientAddress: String, weight: Int, worker: Int,
            state: State
        ) {
            self.id = id
            self.incarnation = incarnation
            self.linkAddress = linkAddress
            self.clientAddress = clientAddress
            self.weight = weight
            self.worker = worker
            self.state = state
        }
    }

    public struct Assignment: Hashable, Sendable {
        /// Nil: nobody can own it now.
        public var owner: NodeID?
        public var epoch: Epoch
        /// Set while the owner is asked to let go: it releases, and this node gets it with a higher epoch.
        public var movingTo: NodeID?

        public init(owner: NodeID?, epoch: Epoch, movingTo: NodeID? = nil) {
            self.owner = owner
            self.epoch = epoch
            self.movingTo = movingTo
        }
    }

    public var version: UInt64
    /// The term of the leader that made it.
    public var term: UInt64
    /// Ascending by id.
    public var nodes: [Node]
    /// By slot index; as many as the cluster has slots.
    public var slots: [Assignment]

    public init(version: UInt64, term: UInt64, nodes: [Node], slots: [Assignment]) {
        self.version = version
        self.term = term
        self.nodes = nodes
        self.slots = slots
    }

    public func node(_ id: NodeID) -> Node? { nodes.first { $0.id == id } }
    public subscript(slot: Slot) -> Assignment { slots[slot.index] }
}
