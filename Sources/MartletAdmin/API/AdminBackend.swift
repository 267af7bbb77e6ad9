public import MartletCore

/// What the admin API asks of the process it stands in.
///
/// Each method answers by calling `done` once, on any thread, also before it returns; an answer that takes longer
/// than the server's time-out is dropped (the client has had its 504 by then).
public protocol AdminBackend: AnyObject, Sendable {
    func readiness(done: @escaping AdminDone<Readiness>)
    func metrics(done: @escaping AdminDone<String>)
    /// In the order of `users`. Where nothing can be known, the answer is `unknown`, and not a failure.
    func presence(of users: [Key], done: @escaping AdminDone<[PresenceReport]>)
    func cluster(done: @escaping AdminDone<ClusterReport>)
    func map(done: @escaping AdminDone<MapReport>)
    /// Starts draining a node, or takes that back; answered once it is on record, long before the node is empty.
    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping AdminDone<NodeReport>)
    /// Ties a slot to a node, or unties it (nil); answered once it is on record.
    func setPin(_ slot: Slot, to node: NodeID?, done: @escaping AdminDone<SlotStatus>)
}

/// What `dev` offers besides: the nodes are its own, and may be added and hurt.
public protocol DevelopmentBackend: AdminBackend {
    func addNode(_ request: AddNodeRequest, done: @escaping AdminDone<NodeReport>)
    /// Drops the node's loops and memory without a goodbye.
    func kill(_ node: NodeID, done: @escaping AdminDone<NodeReport>)
    /// Stops the node's loops for so long; it wakes with old state. Answered when they stand still.
    func pause(_ node: NodeID, milliseconds: Int64, done: @escaping AdminDone<NodeReport>)
}

/// Takes the answer to one question.
public typealias AdminDone<Value> = @Sendable (Result<Value, AdminError>) -> Void
