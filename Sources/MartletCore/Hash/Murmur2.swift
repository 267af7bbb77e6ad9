private let multiplier: UInt32 = 0x5BD1_E995
private let seed: UInt32 = 0x9747_B28C

/// MurmurHash2 as Kafka's Java client computes it over a record's key (`Utils.murmur2`), so that a slot is the
/// partition any Kafka client would choose. Signed like Java's `int`.
public func murmur2(_ bytes: Span<UInt8>) -> Int32 {
    var hash = seed ^ UInt32(truncatingIfNeeded: bytes.count)
    var index = 0
    while index + 4 <= bytes.count {
        hash = (hash &* multiplier) ^ scrambled(bytes.littleEndian32(at: index))
        index += 4
    }
    if index < bytes.count {
        hash = (hash ^ tail(bytes, from: index)) &* multiplier
    }
    hash = (hash ^ hash >> 13) &* multiplier
    return Int32(bitPattern: hash ^ hash >> 15)
}

private func scrambled(_ word: UInt32) -> UInt32 {
    let product = word &* multiplier
    return (product ^ product >> 24) &* multiplier
}

/// The last one to three bytes, little-endian.
private func tail(_ bytes: Span<UInt8>, from start: Int) -> UInt32 {
    var word: UInt32 = 0
    for index in start..<bytes.count { word |= UInt32(bytes[index]) << UInt32(8 * (index - start)) }
    return word
}
