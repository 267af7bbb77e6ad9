import MartletCore

// How a cluster behaves.
extension Settings {
    private static let plan = CoordinatorConfiguration()
    private static let standard = Limits()

    public static let coordinatorID = Setting(
        "coordinator.id", .optional(.words("name", "NAME", "a text that is not empty")), default: nil,
        for: .coordinator,
        help: "What this coordinator is called. Without it, the host's name. A random part is added at each start.")
    public static let leaseTTL = Setting(
        "lease.ttl", .time(500...60_000), default: plan.leaseTTLMilliseconds, for: [.gateway, .coordinator],
        agreed: true, help: "A node, or a leader, that did not renew its lease for so long is taken for dead.")
    public static let leaseRenew = Setting(
        "lease.renew", .time(100...20_000), default: plan.renewMilliseconds, for: [.gateway, .coordinator],
        help: "How often a lease is renewed: at most a third of `lease.ttl`.")
    public static let maxMoving = Setting(
        "coordinator.maxMoving", .integer(1...4096), default: plan.maxMoving, for: .coordinator,
        help: "Slots that change their owner at the same time, where that is planned.")
    public static let releaseTimeout = Setting(
        "coordinator.releaseTimeout", .time(100...600_000), default: plan.releaseTimeoutMilliseconds,
        for: .coordinator, help: "How long an owner may take to let a slot go before it is taken from it.")
    static let membership: [any AnySetting] = [leaseTTL, leaseRenew, coordinatorID, maxMoving, releaseTimeout]

    public static let mailboxEntries = Setting(
        "mailbox.entries", .integer(100...1_000_000), default: standard.mailboxEntries, agreed: true,
        help: "Messages that a user's mailbox keeps.")
    public static let mailboxBytes = Setting(
        "mailbox.bytes", .size(1 << 20...1 << 34), default: standard.mailboxBytes, agreed: true,
        help: "What a mailbox's messages may take together.")
    public static let mailboxAge = Setting(
        "mailbox.age", .time(3_600_000...3650 * 86_400_000), default: standard.mailboxMilliseconds,
        for: [.gateway, .setup], agreed: true,
        help: "How long a mailbox keeps a message. The log keeps it a day longer.")
    static let mailbox: [any AnySetting] = [mailboxEntries, mailboxBytes, mailboxAge]

    public static let heartbeatInterval = Setting(
        "heartbeat.interval", .time(100...600_000), default: standard.heartbeatMilliseconds,
        help: "How often a client should give a sign of life.")
    public static let heartbeatDeadAfter = Setting(
        "heartbeat.deadAfter", .time(200...3_600_000), default: standard.deadAfterMilliseconds,
        help: "A connection that is silent for so long is dead: longer than `heartbeat.interval`.")
    static let heartbeat: [any AnySetting] = [heartbeatInterval, heartbeatDeadAfter]

    public static let freeRate = rate("rate.free", RateLimit.free.rate, "a second, for tokens of the tier `free`")
    public static let freeBurst = rate("rate.freeBurst", RateLimit.free.burst, "at once, for the tier `free`")
    public static let paidRate = rate("rate.paid", RateLimit.paid.rate, "a second, for the tier `paid`")
    public static let paidBurst = rate("rate.paidBurst", RateLimit.paid.burst, "at once, for the tier `paid`")
    static let rates: [any AnySetting] = [freeRate, freeBurst, paidRate, paidBurst]

    private static func rate(_ name: String, _ value: Int, _ what: String) -> Setting<Int> {
        Setting(name, .integer(1...1_000_000), default: value, help: "Messages and signals of a user \(what).")
    }

    public static let drainTimeout = Setting(
        "drain.timeout", .time(0...3_600_000), default: 30_000,
        help: "How long a gateway that is asked to end waits for its slots and its connections to be elsewhere.")
    public static let drainReconnectsPerSecond = Setting(
        "drain.reconnectsPerSecond", .integer(1...1_000_000), default: 200,
        help: "Connections a second that a draining gateway sends away.")
    static let drain: [any AnySetting] = [drainTimeout, drainReconnectsPerSecond]
}
