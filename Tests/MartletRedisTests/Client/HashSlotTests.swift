import Testing

@testable import MartletRedis

/// Slots and digests are those that Redis computes (CLUSTER KEYSLOT, sha1sum).
@Suite struct HashSlotTests {
    @Test(arguments: [
        ("123456789", 0x31C3 % 16_384), ("", 0), ("foo", 12_182), ("{foo}", 12_182), ("a{foo}b{bar}", 12_182),
        ("{s17}:x", 12_616), ("{}foo", 9_500), ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015), ("foo{bar", 15_278),
    ])
    func slotsOfKeys(key: String, slot: Int) {
        #expect(HashSlot(of: Array(key.utf8)).number == UInt16(slot))
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
    ])
    func digests(text: String, digest: String) {
        #expect(SHA1.hexadecimal(of: Array(text.utf8)) == digest)
    }
}
