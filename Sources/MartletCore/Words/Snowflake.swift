/// Makes message ids under a leased worker id. Ids of one generator grow while its worker id stays the same.
///
/// Time is the wall clock at the moment the worker id was installed plus the monotonic time since: a small step of the
/// wall clock is not even seen, and a step forward is not followed. Following it was rejected: ids dated an hour ahead
/// would meet those of the next holder of this worker id. After a step back by more than `maxStepBack` the dates would
/// be wrong for long, so it asks for another worker id, under which going back is safe.
///
/// Why ids never repeat: under one worker id this generator's (millisecond, counter) only grows, and no id is dated at
/// or behind the lease's end; a worker id is given to the next holder only when that end and a margin have passed.
public struct SnowflakeGenerator: Sendable {
    public enum Next: Hashable, Sendable {
        case id(MessageID)
        /// More ids than 4,096 a millisecond: try again in this many milliseconds.
        case wait(milliseconds: Int64)
        /// No worker id, its lease ran out, or the wall clock stepped back: lease a fresh one and `install` it.
        case needsWorker
    }

    /// Milliseconds by which ids may run ahead of time in a burst, before `wait` is answered.
    public static let maxLead: Int64 = 8
    /// Milliseconds by which the wall clock may fall behind before a fresh worker id is asked for.
    public static let maxStepBack: Int64 = 1_000
    static let idsPerMillisecond = 4_096
    static let lastMillisecond: Int64 = (1 << 41) - 1

    private struct Lease {
        var worker: Int
        /// Monotonic milliseconds at which the worker id may no longer be used.
        var validUntil: Int64
        /// Milliseconds since 2025 at monotonic time 0: what ids are dated by.
        var origin: Int64
        /// Milliseconds since 1970 at monotonic time 0, as the wall clock had it: tells steps of it.
        var wallOrigin: Int64
    }

    private var lease: Lease?
    /// The millisecond (since 2025) of the newest id, and how many ids it has.
    private var millisecond: Int64 = -1
    private var count = 0
    /// The latest monotonic time that was seen. Loops share a generator, each with a time of its own that stands still
    /// while it works: to one that is behind, ids made for another would look like a burst from the future.
    private var latest: Int64 = 0

    public init() {}

    /// The worker id in use; nil before the first `install`.
    public var worker: Int? { lease?.worker }

    /// Gives it a worker id (0...1023; others are refused) to use before `validUntil` (monotonic milliseconds: the
    /// last confirmed renewal, plus ten minutes, less a margin). The same worker id again only moves the end.
    public mutating func install(worker: Int, validUntil: Int64, now: Now) {
        guard (0...1023).contains(worker) else { return }
        if lease?.worker == worker {
            lease?.validUntil = validUntil
            return
        }
        let wall = min(max(now.wall - MessageID.epochMilliseconds, 0), SnowflakeGenerator.lastMillisecond)
        lease = Lease(
            worker: worker, validUntil: validUntil, origin: wall - now.monotonic, wallOrigin: now.wall - now.monotonic)
        millisecond = wall - 1
        count = SnowflakeGenerator.idsPerMillisecond
    }

    /// The next id, in constant time and without allocation.
    public mutating func next(_ now: Now) -> Next {
        guard let lease, now.wall - now.monotonic >= lease.wallOrigin - SnowflakeGenerator.maxStepBack else {
            return .needsWorker
        }
        latest = max(latest, now.monotonic)
        let time = lease.origin + latest
        let candidate = count < SnowflakeGenerator.idsPerMillisecond ? millisecond : millisecond + 1
        let chosen = max(candidate, time)
        guard chosen - time <= SnowflakeGenerator.maxLead else {
            return .wait(milliseconds: chosen - time - SnowflakeGenerator.maxLead)
        }
        guard chosen < lease.origin + lease.validUntil, chosen <= SnowflakeGenerator.lastMillisecond else {
            return .needsWorker
        }
        return .id(take(chosen, worker: lease.worker))
    }

    private mutating func take(_ chosen: Int64, worker: Int) -> MessageID {
        if chosen > millisecond {
            millisecond = chosen
            count = 0
        }
        defer { count += 1 }
        return MessageID(UInt64(chosen) << 22 | UInt64(worker) << 12 | UInt64(count))
    }
}
