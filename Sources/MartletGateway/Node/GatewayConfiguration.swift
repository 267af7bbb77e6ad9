public import MartletCore

/// How one gateway is set up. Listening addresses are of this machine; ports 0 mean any free one.
public struct GatewayConfiguration: Sendable {
    public var id: NodeID
    /// Names the cluster: links between clusters refuse each other.
    public var cluster = "martlet"
    public var weight = 1
    /// Loops, and so threads, that share the connections and the slots.
    public var loops = 1
    public var clientHost = "127.0.0.1"
    public var clientPort = 0
    public var linkHost = "127.0.0.1"
    public var linkPort = 0
    /// Where others reach the listeners; nil: where they listen. Port 0 stands for the port that the listener got.
    public var advertisedClient: (host: String, port: Int)?
    public var advertisedLink: (host: String, port: Int)?
    /// What all nodes must agree on, ascending by name, and one number for it.
    public var agreed: [AgreedSetting] = []
    public var configurationHash: UInt64 = 0
    /// How many slots its log has; a map of another number is not followed. Nil: whatever the map says.
    public var slots: Int?
    /// A lease that was not renewed for this long is over, and how often this node renews its own.
    public var leaseMilliseconds: Int64 = 3_000
    public var renewMilliseconds: Int64 = 1_000
    public var limits = Limits()
    /// Authenticates the links between nodes; never sent.
    public var linkSecret: [UInt8]
    /// HS256 key of the tokens.
    public var tokenSecret: [UInt8]
    /// Whether weak secrets are accepted: in `dev` only.
    public var allowsWeakSecrets = false
    /// Origins that browsers may connect from; empty: requests without an `Origin` only.
    public var allowedOrigins: [String] = []
    /// Answers every message with itself: for conformance tests of the WebSocket layer only.
    public var echo = false
    /// Sends and signals of a session and of a user, by the token's tier.
    public var freeRate = RateLimit.free
    public var paidRate = RateLimit.paid
    /// Messages that wait for one of its loops; what another loop has for it then stays there until there is room.
    public var loopMailboxCapacity = 1 << 20
    /// How long records may gather under load before they go to the log. 0: not at all, for a log that gathers itself.
    public var appendGatherMilliseconds: Int64 = 0
    /// Connections a second that a draining node sends away.
    public var drainReconnectsPerSecond = 200

    public init(id: NodeID, linkSecret: [UInt8], tokenSecret: [UInt8]) {
        self.id = id
        self.linkSecret = linkSecret
        self.tokenSecret = tokenSecret
    }
}

/// What a gateway stands on.
public struct GatewayEngine: Sendable {
    public var log: any LogPort
    public var mailboxes: any MailboxStore
    public var presence: any PresenceStore
    public var cluster: any ClusterStore

    public init(
        log: any LogPort, mailboxes: any MailboxStore, presence: any PresenceStore, cluster: any ClusterStore
    ) {
        self.log = log
        self.mailboxes = mailboxes
        self.presence = presence
        self.cluster = cluster
    }
}
