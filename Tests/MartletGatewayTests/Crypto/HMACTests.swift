import Testing

@testable import MartletGateway

@Suite struct HMACTests {
    /// RFC 4231, test cases 1, 2, 3 and 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
    func vectors(key: [UInt8], data: [UInt8], digest: String) {
        #expect(hex(HMAC.sha256(key: key, data: data)) == digest)
    }

    @Test func comparison() {
        #expect(HMAC.constantTimeEquals([], []))
        #expect(HMAC.constantTimeEquals([1, 2], [1, 2]))
        #expect(!HMAC.constantTimeEquals([1, 2], [1, 3]))
        #expect(!HMAC.constantTimeEquals([1, 2], [1]))
        #expect(!HMAC.constantTimeEquals([], [1]))
    }

    @Test func randomBytesDiffer() {
        #expect(SecureRandom.bytes(32).count == 32)
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
        #expect(SecureRandom.bytes(0).isEmpty)
    }

    @Test func base64URLBothWays() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)[...]) == bytes)
        }
        for bad in ["A", "AB=", "AB==", "A+", "A/", "A ", "AB\n", "A\u{0}", "AAAAA"] {
            #expect(Base64URL.decode(Array(bad.utf8)[...]) == nil, "\(bad)")
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
