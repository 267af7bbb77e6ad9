import MartletCore
import Testing

@Suite("Hashes agree with the tools that made their vectors")
struct HashTests {
    @Test("murmur2 and slots are those of Kafka's Java client, for all its vectors")
    func murmur2Vectors() throws {
        let rows = try vectorRows("murmur2-vectors.tsv")
        #expect(rows.count == 139)
        for row in rows {
            let key = bytes(hex: row[0])
            #expect(murmur2(key.span) == Int32(row[1]), "key \(row[0])")
            #expect(Slot(ofKeyBytes: key.span, slots: 256).index == Int(row[2]), "key \(row[0])")
            #expect(Slot(ofKeyBytes: key.span, slots: 1024).index == Int(row[3]), "key \(row[0])")
        }
    }

    @Test("A key's slot is that of its bytes")
    func slotOfKey() throws {
        let key = try #require(Key("alice"))
        #expect(Slot(of: key, slots: 256) == Slot(ofKeyBytes: key.bytes.span, slots: 256))
        #expect(Slot(of: key, slots: 1).index == 0)
    }

    @Test("XXH64 is that of xxhsum, at every length around its boundaries")
    func xxh64Vectors() throws {
        let rows = try vectorRows("xxh64-vectors.tsv")
        #expect(rows.count == 112)
        for row in rows {
            let length = try #require(Int(row[0]))
            let input = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 131 + length) }
            #expect(xxh64(input.span) == UInt64(row[1], radix: 16), "length \(length)")
        }
    }

    @Test("XXH64 with a seed differs from seed 0")
    func seed() {
        let input: [UInt8] = [1, 2, 3]
        #expect(xxh64(input.span, seed: 1) != xxh64(input.span))
    }
}
