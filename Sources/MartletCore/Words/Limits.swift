/// Every limit of the protocol and of a session, in one place (design, section 5). Bytes, counts, milliseconds.
public struct Limits: Sendable, Equatable {
    public var maxFrameBytes = 64 * 1024
    /// Objects and arrays inside one another in a JSON frame, unknown ones too. A known frame needs 6.
    public var maxDepth = 16
    public var maxContentBytes = 32 * 1024
    public var maxHeaders = 8
    public var maxHeaderBytes = 1024
    public var maxSignalBytes = 4 * 1024
    public var maxTokenBytes = 8 * 1024
    public var maxRequestHeadBytes = 8 * 1024
    public var maxPresenceQuery = 100
    public var sessionsPerUser = 16
    public var connectionsPerNode = 100_000
    public var syncPageEntries = 100
    public var syncPageBytes = 256 * 1024
    public var conversationsPage = 100
    /// Pushed and not yet acknowledged entries of a session.
    public var creditEntries = 64
    public var creditBytes = 256 * 1024
    /// Frames of a session that its edge holds for an answer or while its home is away.
    public var unansweredFrames = 64
    public var unansweredBytes = 64 * 1024
    public var linkWindowBytes = 4 * 1024 * 1024
    /// A device gives out a number only below its lowest unanswered plus this.
    public var outcomeWindow: UInt64 = 64
    public var owedPerTarget = 65_536
    public var handshakeMilliseconds: Int64 = 10_000
    public var helloMilliseconds: Int64 = 10_000
    public var heartbeatMilliseconds: Int64 = 30_000
    public var deadAfterMilliseconds: Int64 = 90_000
    public var mailboxEntries = 10_000
    public var mailboxBytes = 64 * 1024 * 1024
    public var mailboxMilliseconds: Int64 = 30 * 24 * 3_600_000

    public init() {}
}
