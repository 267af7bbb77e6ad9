/// What the sessions of a slot are told once: who this node is, limits, policy.
public struct HomeSettings: Sendable {
    public var node: NodeID
    public var incarnation: UInt64
    /// Names the log's identity.
    public var generation: UInt64
    public var limits = Limits()
    public var free = RateLimit.free
    public var paid = RateLimit.paid
    /// Mixed into the hash of user keys, so that nobody outside can choose keys that collide. Random at each start.
    public var hashSeed: UInt64 = 0
    /// Receipts of a pair of users are gathered for so long before they are said to the sender's home. 0: until the
    /// next tick.
    public var receiptMilliseconds: Int64 = 0
    /// What a receipt changed is pushed with the next frame to the same user, or after this time: it is no news that
    /// is worth a write of its own. 0: at once.
    public var announceMilliseconds: Int64 = 0
    /// Where a key lives.
    public var slotOf: @Sendable (Key) -> Slot
    /// The protobuf bytes of content and headers, as `MessageContent.body` keeps them.
    public var encodeBody: @Sendable (MessageBody) -> [UInt8]
    /// Whether a user may write to somebody; asked before anything goes into the log.
    public var maySend: @Sendable (_ from: Key, _ to: Peer) -> Bool = { _, _ in true }

    public init(
        node: NodeID, incarnation: UInt64, generation: UInt64, slotOf: @escaping @Sendable (Key) -> Slot,
        encodeBody: @escaping @Sendable (MessageBody) -> [UInt8]
    ) {
        self.node = node
        self.incarnation = incarnation
        self.generation = generation
        self.slotOf = slotOf
        self.encodeBody = encodeBody
    }

    func rateLimit(of tier: Tier) -> RateLimit { tier == .paid ? paid : free }
}
