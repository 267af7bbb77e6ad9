private let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
private let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
private let prime3: UInt64 = 0x1656_67B1_9E37_79F9
private let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
private let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

/// XXH64 (xxHash's 64-bit hash, seed 0 unless told), as in its specification: the ring's hash.
public func xxh64(_ bytes: Span<UInt8>, seed: UInt64 = 0) -> UInt64 {
    var index = 0
    var hash = bytes.count >= 32 ? stripes(bytes, seed: seed, index: &index) : seed &+ prime5
    hash &+= UInt64(bytes.count)
    return avalanche(withTail(bytes, from: index, hash: hash))
}

/// Consumes whole stripes of 32 bytes in four lanes.
private func stripes(_ bytes: Span<UInt8>, seed: UInt64, index: inout Int) -> UInt64 {
    var a = seed &+ prime1 &+ prime2
    var b = seed &+ prime2
    var c = seed
    var d = seed &- prime1
    while index + 32 <= bytes.count {
        a = round(a, bytes.littleEndian64(at: index))
        b = round(b, bytes.littleEndian64(at: index + 8))
        c = round(c, bytes.littleEndian64(at: index + 16))
        d = round(d, bytes.littleEndian64(at: index + 24))
        index += 32
    }
    let joined = rotated(a, 1) &+ rotated(b, 7) &+ rotated(c, 12) &+ rotated(d, 18)
    return merged(merged(merged(merged(joined, a), b), c), d)
}

/// The bytes behind the last stripe: by eight, then four, then one.
private func withTail(_ bytes: Span<UInt8>, from start: Int, hash: UInt64) -> UInt64 {
    var hash = hash
    var index = start
    while index + 8 <= bytes.count {
        hash = rotated(hash ^ round(0, bytes.littleEndian64(at: index)), 27) &* prime1 &+ prime4
        index += 8
    }
    if index + 4 <= bytes.count {
        hash = rotated(hash ^ UInt64(bytes.littleEndian32(at: index)) &* prime1, 23) &* prime2 &+ prime3
        index += 4
    }
    while index < bytes.count {
        hash = rotated(hash ^ UInt64(bytes[index]) &* prime5, 11) &* prime1
        index += 1
    }
    return hash
}

private func avalanche(_ hash: UInt64) -> UInt64 {
    var hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
}

@inline(__always)
private func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }

@inline(__always)
private func round(_ lane: UInt64, _ word: UInt64) -> UInt64 { rotated(lane &+ word &* prime2, 31) &* prime1 }

@inline(__always)
private func merged(_ hash: UInt64, _ lane: UInt64) -> UInt64 { (hash ^ round(0, lane)) &* prime1 &+ prime4 }
