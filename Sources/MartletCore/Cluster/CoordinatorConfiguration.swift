/// What a coordinator goes by. Milliseconds, counts.
public struct CoordinatorConfiguration: Sendable, Equatable {
    /// How many slots a new cluster gets whose nodes do not say it; an existing one keeps what its map has.
    public var slots = 256
    /// The leader's lease, and the age at which a node's lease has ended.
    public var leaseTTLMilliseconds: Int64 = 3_000
    public var renewMilliseconds: Int64 = 1_000
    /// How often one that does not lead asks whether it may: so soon it follows on a leader that gave its lease back.
    public var standbyMilliseconds: Int64 = 250
    /// Planned moves under way at once.
    public var maxMoving = 32
    /// How long an owner may take to let a slot go before it is taken from it. Every write is fenced, so taking it is
    /// safe; waiting only spares its sessions a pause.
    public var releaseTimeoutMilliseconds: Int64 = 5_000

    public init(slots: Int = 256) { self.slots = slots }
}

/// What an operator may want to know of a coordinator's work.
public enum CoordinatorEvent: Hashable, Sendable {
    public enum Departure: Hashable, Sendable {
        /// It said goodbye, or a peer found it dead.
        case left
        case leaseEnded(ageMilliseconds: Int64)
        /// Another incarnation came under its name.
        case replaced
        /// The store does not know it any more.
        case forgotten
    }

    case leads(term: UInt64)
    case follows(leader: String, term: UInt64)
    case storeFailed(PortError)
    case joined(NodeID)
    case gone(NodeID, Departure)
    /// A map was published: how many slots it gives to another owner or epoch, how many are asked for, and how many
    /// nobody owns.
    case published(version: UInt64, reassigned: Int, moving: Int, unowned: Int)
    /// The store refused the map: another leader, or another map of that version.
    case publishRefused(version: UInt64)
}
