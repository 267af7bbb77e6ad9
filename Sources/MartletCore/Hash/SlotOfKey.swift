extension Slot {
    /// The slot of a key in a cluster of `slots` slots: `toPositive(murmur2(key)) mod slots`, which is the partition
    /// that Kafka's Java producer chooses, and librdkafka with `partitioner=murmur2_random`.
    public init(of key: Key, slots: Int) { self.init(ofKeyBytes: key.bytes.span, slots: slots) }

    /// The same for a key's bytes where they lie: no allocation.
    public init(ofKeyBytes bytes: Span<UInt8>, slots: Int) {
        let positive = Int(murmur2(bytes) & 0x7FFF_FFFF)
        self.init(positive % slots)
    }
}
