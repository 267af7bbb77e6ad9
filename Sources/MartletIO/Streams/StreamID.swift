/// Names one connection: a row in its loop's slab, and which use of that row. A row is used again only with a higher
/// generation, so late events for a predecessor never reach its successor.
public struct StreamID: Hashable, Sendable {
    /// Dense and small: a handler may keep its own state in an array by this index.
    public let index: UInt32
    public let generation: UInt32

    public init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}
