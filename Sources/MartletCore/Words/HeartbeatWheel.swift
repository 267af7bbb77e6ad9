/// Deadlines of many rows (connections, sessions), by row index: one wheel a loop instead of a timer a row.
///
/// A hashed wheel of buckets, one a tick, each a doubly linked list through the rows themselves. Arming, arming again
/// and cancelling take constant time, and arming again within the same tick touches only the row: a busy connection is
/// relinked once a tick, not once a frame. 16 bytes a row; memory grows with the highest index and never else.
/// A row expires at or up to one tick after its deadline, never before it.
public struct HeartbeatWheel: Sendable {
    /// A row whose deadline has passed, with the generation it was armed with.
    public struct Expired: Hashable, Sendable {
        public var index: Int
        public var generation: UInt32
    }

    struct Row {
        /// `none`: not armed; `expired`: passed, and not yet taken.
        var tick: UInt32
        var next: Int32
        var previous: Int32
        var generation: UInt32
        static let none = UInt32.max
        static let expired: UInt32 = 0
    }

    private let startMilliseconds: Int64
    private let tickMilliseconds: Int64
    private var current: UInt32 = 0
    private var rows: [Row] = []
    /// First row of each bucket, then that of the expired ones; -1: none.
    private var heads: [Int32]
    private let mask: UInt32

    /// `buckets` is rounded up to a power of two. Deadlines further ahead than `buckets` ticks cost one look each turn.
    public init(nowMilliseconds: Int64, tickMilliseconds: Int64 = 1_000, buckets: Int = 128) {
        startMilliseconds = nowMilliseconds
        self.tickMilliseconds = max(tickMilliseconds, 1)
        var size = 1
        while size < min(buckets, 1 << 16) { size *= 2 }
        mask = UInt32(size - 1)
        heads = Array(repeating: -1, count: size + 1)
    }

    /// Sets or moves the deadline of row `index` (monotonic milliseconds). One that has passed expires with the next tick.
    public mutating func arm(_ index: Int, generation: UInt32, deadlineMilliseconds: Int64) {
        grow(to: index)
        let tick = tick(notBefore: deadlineMilliseconds)
        rows[index].generation = generation
        guard rows[index].tick != tick else { return }
        cancel(index)
        rows[index].tick = tick
        pushFront(index, bucket: bucket(of: tick))
    }

    /// The row has no deadline any more, nor one that has passed and was not taken. Unknown indices are ignored.
    public mutating func cancel(_ index: Int) {
        guard index < rows.count, rows[index].tick != Row.none else { return }
        unlink(index)
        rows[index].tick = Row.none
    }

    public func isArmed(_ index: Int) -> Bool { index < rows.count && rows[index].tick != Row.none }

    /// Moves time to `milliseconds`; rows whose deadline has passed wait for `popExpired`. Going back does nothing.
    public mutating func advance(to milliseconds: Int64) {
        let target = max(milliseconds - startMilliseconds, 0) / tickMilliseconds
        let last = UInt32(clamping: min(target, Int64(UInt32.max - 2)))
        guard last > current else { return }
        let steps = min(last - current, mask + 1)
        let first = last - steps + 1
        for tick in first...last { sweep(bucket(of: tick), upTo: last) }
        current = last
    }

    /// One row whose deadline has passed, no longer armed; nil when there is none left. Between two calls rows may be
    /// armed and cancelled.
    public mutating func popExpired() -> Expired? {
        let index = Int(heads[expiredBucket])
        guard index >= 0 else { return nil }
        cancel(index)
        return Expired(index: index, generation: rows[index].generation)
    }

    /// Advances and hands each expired row to `expired`, which cannot touch the wheel; see `popExpired` for that.
    public mutating func advance(to milliseconds: Int64, expired: (_ index: Int, _ generation: UInt32) -> Void) {
        advance(to: milliseconds)
        while let row = popExpired() { expired(row.index, row.generation) }
    }
}

extension HeartbeatWheel {
    private var expiredBucket: Int { heads.count - 1 }

    private func bucket(of tick: UInt32) -> Int { tick == Row.expired ? expiredBucket : Int(tick & mask) }

    /// The first tick at or after the deadline that is still to come.
    private func tick(notBefore deadline: Int64) -> UInt32 {
        let elapsed = max(deadline - startMilliseconds, 0)
        let tick = elapsed / tickMilliseconds + (elapsed % tickMilliseconds == 0 ? 0 : 1)
        return max(UInt32(clamping: min(tick, Int64(UInt32.max - 2))), current + 1)
    }

    private mutating func grow(to index: Int) {
        while rows.count <= index { rows.append(Row(tick: Row.none, next: -1, previous: -1, generation: 0)) }
    }

    /// Moves what is due in a bucket to the expired rows; a row of a later turn stays.
    private mutating func sweep(_ bucket: Int, upTo last: UInt32) {
        var next = heads[bucket]
        while next >= 0 {
            let index = Int(next)
            next = rows[index].next
            guard rows[index].tick <= last else { continue }
            unlink(index)
            rows[index].tick = Row.expired
            pushFront(index, bucket: expiredBucket)
        }
    }

    private mutating func pushFront(_ index: Int, bucket: Int) {
        let head = heads[bucket]
        rows[index].next = head
        rows[index].previous = -1
        if head >= 0 { rows[Int(head)].previous = Int32(index) }
        heads[bucket] = Int32(index)
    }

    private mutating func unlink(_ index: Int) {
        let row = rows[index]
        if row.next >= 0 { rows[Int(row.next)].previous = row.previous }
        if row.previous >= 0 {
            rows[Int(row.previous)].next = row.next
        } else {
            heads[bucket(of: row.tick)] = row.next
        }
    }
}
