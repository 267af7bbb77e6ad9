/// One session's row in the presence store. It counts only while its edge's lease, its home's lease and its slot's
/// epoch are current; nobody has to remove it for it to become false.
public struct PresenceRow: Hashable, Sendable {
    public var user: Key
    public var device: DeviceID
    /// The session's number: of one device, the larger is the newer.
    public var session: UInt64
    public var edge: NodeID
    public var edgeIncarnation: UInt64
    public var home: NodeID
    public var homeIncarnation: UInt64
    /// Under which its home owned the user's slot.
    public var epoch: Epoch
    /// Milliseconds since 1970.
    public var since: Int64

    public init(
        user: Key, device: DeviceID, session: UInt64, edge: NodeID, edgeIncarnation: UInt64, home: NodeID,
        homeIncarnation: UInt64, epoch: Epoch, since: Int64
    ) {
        self.user = user
        self.device = device
        self.session = session
        self.edge = edge
        self.edgeIncarnation = edgeIncarnation
        self.home = home
        self.homeIncarnation = homeIncarnation
        self.epoch = epoch
        self.since = since
    }
}

public enum PresenceChange: Hashable, Sendable {
    case online(PresenceRow)
    /// The session ended at `at`, as the owner of that epoch saw it: kept as last seen.
    case offline(user: Key, device: DeviceID, session: UInt64, epoch: Epoch, at: Int64)
}

/// What the store knows of one device.
public struct PresenceRecord: Hashable, Sendable {
    public var device: DeviceID
    /// Nil: the last session ended in order.
    public var online: PresenceRow?
    public var lastSeen: Int64

    public init(device: DeviceID, online: PresenceRow?, lastSeen: Int64) {
        self.device = device
        self.online = online
        self.lastSeen = lastSeen
    }
}

public protocol PresenceStore: AnyObject, Sendable {
    /// Applies changes in order, each to its device's row alone.
    ///
    /// **Fenced row by row.** A change counts where no newer one was applied to the row: none of a higher epoch, and
    /// none of the same epoch with a larger session number. Else it is dropped, which is no error. So an owner that was
    /// deposed, and does not know it yet, takes back nothing that its successor said; and what it was the last to know,
    /// such as the end of a session while the slot was on its way, still counts.
    ///
    /// A change may be applied more than once. Last seen only grows.
    func apply(_ changes: [PresenceChange], in slot: Slot, done: @escaping @Sendable (PortError?) -> Void)

    /// Devices of each user, ascending by device; in the order of `users`. Users may be of any slot.
    func query(_ users: [Key], done: @escaping @Sendable (Result<[[PresenceRecord]], PortError>) -> Void)
}
