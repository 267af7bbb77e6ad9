/// Grows per slot at each change of owner (design, section 1). 0 means none yet.
public typealias Epoch = UInt64

/// The position of a record in a slot's log. As a message's position in a mailbox it is called seq.
/// A log's first record is always a fence, so a seq is at least 1, and 0 can mean "none" on the wire.
public typealias Offset = Int64

/// The number a device gives to each message that it sends: 1, 2, 3…
public typealias ClientSequence = UInt64

/// A Snowflake: 41 bits of milliseconds since 2025-01-01T00:00:00Z, 10 bits of worker id, 12 bits of counter.
public struct MessageID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// 2025-01-01T00:00:00Z in milliseconds since 1970.
    public static let epochMilliseconds: Int64 = 1_735_689_600_000

    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Wall time at which the id was made, in milliseconds since 1970.
    public var milliseconds: Int64 { Int64(rawValue >> 22) + MessageID.epochMilliseconds }
    public var worker: Int { Int(rawValue >> 12 & 0x3FF) }
    public var counter: Int { Int(rawValue & 0xFFF) }
    public var description: String { String(rawValue) }
    public static func < (a: MessageID, b: MessageID) -> Bool { a.rawValue < b.rawValue }
}

/// One of S fixed shards of the key space: one log partition, one unit of ownership.
public struct Slot: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: UInt16
    public init(_ value: Int) { rawValue = UInt16(value) }
    public var index: Int { Int(rawValue) }
    public var description: String { String(rawValue) }
    public static func < (a: Slot, b: Slot) -> Bool { a.rawValue < b.rawValue }
}

/// The time as a machine is told it; machines have no clock of their own.
public struct Now: Sendable, Equatable {
    /// Milliseconds since 1970; may step.
    public var wall: Int64
    /// Milliseconds since some start; never goes back.
    public var monotonic: Int64

    public init(wall: Int64, monotonic: Int64) {
        self.wall = wall
        self.monotonic = monotonic
    }
}
