import Testing

@testable import MartletProtocol

@Suite struct Bytes {
    @Test func utf8AtEveryCut() {
        var random = SeededGenerator(state: 4)
        let pieces: [[UInt8]] = [
            Array("plain ascii, long enough".utf8), Array("\u{E9}\u{4F60}\u{1F600}\u{10FFFF}\u{800}\u{FFFF}".utf8),
            [0xC0, 0x80], [0xE0, 0x9F, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5], [0x80], [0xC3],
        ]
        for round in 0..<3_000 {
            var bytes = pieces[round % pieces.count] + pieces[Int(random.next() % UInt64(pieces.count))]
            if round % 2 == 0 { bytes = random.damage(bytes) }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect(UTF8Validator.isValid(bytes.span) == isValid)
            for cut in bytes.indices {
                var validator = UTF8Validator()
                let whole =
                    validator.take(bytes.span.extracting(0..<cut))
                    && validator.take(bytes.span.extracting(cut..<bytes.count)) && validator.isComplete
                #expect(whole == isValid)
            }
        }
    }

    /// RFC 3174, section 7.3, and one of two blocks.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (String(repeating: "01234567", count: 80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
        (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ]) func sha1(_ text: String, _ digest: String) {
        let hex = SHA1.hash(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == digest)
    }

    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func base64(_ plain: String, _ coded: String) {
        var out: [UInt8] = []
        Base64.append(Array(plain.utf8).span, to: &out)
        #expect(out == Array(coded.utf8))
        #expect(Base64.decode(out.span) == Array(plain.utf8))
        let unpadded = out.filter { $0 != UInt8(ascii: "=") }
        #expect(Base64.decode(unpadded.span) == Array(plain.utf8))
    }

    @Test func base64OfBothAlphabets() {
        #expect(Base64.decode(Array("-_-_".utf8).span) == Base64.decode(Array("+/+/".utf8).span))
    }

    @Test(arguments: ["A", "AA=", "AAA==", "AA==AA==", "A===", "====", "=", "A A=", "Zh==", "Zm9=", "Zm9v="])
    func notBase64(_ text: String) {
        #expect(Base64.decode(Array(text.utf8).span) == nil)
    }
}
