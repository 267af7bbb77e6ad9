public import MartletCore

/// A node as an operator sees it.
public struct NodeReport: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case up, draining
        /// Its loops are stopped (`dev`).
        case paused
        /// Its lease ended, or a peer found it dead.
        case dead
    }

    public var id: NodeID
    public var state: State
    public var incarnation: UInt64
    /// host:port
    public var clientAddress: String
    public var linkAddress: String
    public var weight: Int
    public var worker: Int
    public var version: String
    public var leaseAgeMilliseconds: Int64
    /// How many slots it owns.
    public var slots: Int
    /// Sockets of clients; nil where it is not known here.
    public var connections: Int?

    public init(
        id: NodeID, state: State, incarnation: UInt64, clientAddress: String, linkAddress: String, weight: Int = 1,
        worker: Int, version: String = "", leaseAgeMilliseconds: Int64, slots: Int, connections: Int? = nil
    ) {
        self.id = id
        self.state = state
        self.incarnation = incarnation
        self.clientAddress = clientAddress
        self.linkAddress = linkAddress
        self.weight = weight
        self.worker = worker
        self.version = version
        self.leaseAgeMilliseconds = leaseAgeMilliseconds
        self.slots = slots
        self.connections = connections
    }
}

extension NodeReport: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id.description)
            json.field("state", state.rawValue)
            json.field("incarnation", String(incarnation))
            json.field("clientAddress", clientAddress)
            json.field("linkAddress", linkAddress)
            json.field("weight", weight)
            json.field("worker", worker)
            json.field("version", version)
            json.field("leaseAgeMilliseconds", leaseAgeMilliseconds)
            json.field("slots", slots)
            json.field("connections", connections)
        }
    }
}
