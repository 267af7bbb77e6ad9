/// How a gateway registers.
public struct NodeRegistration: Hashable, Sendable {
    public var id: NodeID
    /// Random at each start: a node that comes back under its name is not the one that left.
    public var incarnation: UInt64
    /// host:port of the link listener, and of the clients' listener.
    public var linkAddress: String
    public var clientAddress: String
    public var weight: Int
    public var version: String
    public var configurationHash: UInt64
    /// What all nodes must agree on, ascending by name: the protocol's version and the cluster-wide settings.
    public var agreed: [AgreedSetting]

    public init(
        id: NodeID, incarnation: UInt64, linkAddress: String, clientAddress: String, weight: Int = 1,
        version: String = "", configurationHash: UInt64 = 0, agreed: [AgreedSetting] = []
    ) {
        self.id = id
        self.incarnation = incarnation
        self.linkAddress = linkAddress
        self.clientAddress = clientAddress
        self.weight = weight
        self.version = version
        self.configurationHash = configurationHash
        self.agreed = agreed
    }
}

extension NodeRegistration {
    /// How many slots its cluster has, by what it agrees on; nil: it does not say, or no number that can be.
    var agreedSlots: Int? {
        guard let text = agreed.first(where: { $0.name == AgreedSetting.slots })?.value, let count = Int(text),
            (1...4096).contains(count)
        else { return nil }
        return count
    }
}

/// A setting that is the same on all nodes, or they would decide differently.
public struct AgreedSetting: Hashable, Sendable {
    /// The name of the number of slots.
    public static let slots = "cluster.slots"

    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A registered node as the store sees it.
public struct NodeRow: Hashable, Sendable {
    public var registration: NodeRegistration
    public var worker: Int
    /// Since the last renewal, by the store's clock.
    public var leaseAgeMilliseconds: Int64
    /// An operator asked for it to be emptied.
    public var draining: Bool
    /// It said goodbye, or another node found it dead.
    public var left: Bool

    public init(
        registration: NodeRegistration, worker: Int, leaseAgeMilliseconds: Int64 = 0, draining: Bool = false,
        left: Bool = false
    ) {
        self.registration = registration
        self.worker = worker
        self.leaseAgeMilliseconds = leaseAgeMilliseconds
        self.draining = draining
        self.left = left
    }
}

public enum LeaseOutcome: Hashable, Sendable {
    case held
    /// The lease is gone or another incarnation has it: stop at once.
    case lost
    case failed(PortError)
}

/// What a slot's owner tells the coordinator, through the store: newest per slot wins, and one of a smaller epoch than
/// the last is no news.
public enum SlotReport: Hashable, Sendable {
    /// It owns the slot under this epoch (greater than the map's where a store had lost its tail).
    case owns(Slot, Epoch)
    /// It stored all, and let go. The epoch is not below one that it said it owns the slot under.
    case released(Slot, Epoch)

    public var slot: Slot {
        switch self {
        case .owns(let slot, _), .released(let slot, _): slot
        }
    }

    public var epoch: Epoch {
        switch self {
        case .owns(_, let epoch), .released(_, let epoch): epoch
        }
    }
}

public struct Leadership: Hashable, Sendable {
    public var leader: String
    /// Grows with each new leader; fences what an old one publishes.
    public var term: UInt64

    public init(leader: String, term: UInt64) {
        self.leader = leader
        self.term = term
    }
}

/// Everything the leader decides from, read in one piece.
public struct ClusterSnapshot: Sendable {
    /// Ascending by id; one row a node id.
    public var nodes: [NodeRow]
    public var reports: [SlotReport]
    public var map: ClusterMap?
    /// Slots that an operator tied to a node.
    public var pins: [(slot: Slot, node: NodeID)]
    /// Who holds the leader's lease; nil: nobody does now.
    public var leadership: Leadership?

    public init(
        nodes: [NodeRow], reports: [SlotReport], map: ClusterMap?, pins: [(slot: Slot, node: NodeID)] = [],
        leadership: Leadership? = nil
    ) {
        self.leadership = leadership
        self.nodes = nodes
        self.reports = reports
        self.map = map
        self.pins = pins
    }
}

/// Leases, the cluster map and who leads. Completions come once each, on any thread, never before the call returns.
public protocol ClusterStore: AnyObject, Sendable {
    /// Registers, gives a lease and a worker id (0...1023) that nobody held for ten minutes; refused with `conflict`
    /// by a live incarnation of the same id, and with `disagrees` where a live node has another value for a setting that
    /// both name. The same incarnation again gets a fresh worker id.
    func register(_ node: NodeRegistration, done: @escaping @Sendable (Result<NodeRow, RegistrationError>) -> Void)
    func renew(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (LeaseOutcome) -> Void)
    func leave(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void)
    /// A peer found it dead: all its links broke and its port refuses.
    func reportDead(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void)
    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping @Sendable (Result<Bool, PortError>) -> Void)

    func report(
        _ reports: [SlotReport], from node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void)

    /// Takes or renews the leader's lease; answers who leads now.
    func lead(
        _ candidate: String, ttlMilliseconds: Int64, done: @escaping @Sendable (Result<Leadership, PortError>) -> Void)
    /// Gives the leader's lease back, if the candidate holds it: another may lead at once, with the next term.
    func resign(_ candidate: String, done: @escaping @Sendable (PortError?) -> Void)
    func snapshot(done: @escaping @Sendable (Result<ClusterSnapshot, PortError>) -> Void)
    /// Publishes if `term` is the current leader's and the stored map's version is `map.version - 1` (or there is none).
    func publish(_ map: ClusterMap, term: UInt64, done: @escaping @Sendable (Result<Bool, PortError>) -> Void)
    func map(done: @escaping @Sendable (Result<ClusterMap?, PortError>) -> Void)
    /// Calls `changed` after anything above changed; hints, which may be lost or coalesced.
    func watch(_ changed: @escaping @Sendable () -> Void)
}

public enum RegistrationError: Error, Hashable, Sendable {
    case conflict(String)
    case noWorkerID
    /// A live node has another value for a setting on which all must agree; final until one of them changes.
    case disagrees(setting: String, cluster: String, node: String)
    case port(PortError)
}
