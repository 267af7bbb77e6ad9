import Testing

@testable import MartletCore

@Suite struct RecordCodecTests {
    let codec = RecordCodec(generation: 300)

    @Test(arguments: SampleRecords.records) func everyKindComesBackAsItWas(record: Record) {
        #expect(codec.decode(codec.encode(record)) == .record(record))
    }

    @Test func thereIsASampleOfEveryKind() {
        #expect(Set(SampleRecords.records.map(\.body.kind)) == Set(RecordKind.allCases))
    }

    @Test(arguments: SampleRecords.records) func whatEndsTooSoonIsGarbage(record: Record) {
        let bytes = codec.encode(record)
        for count in 0..<bytes.count { #expect(codec.decode(Array(bytes[..<count])) == .garbage) }
        #expect(codec.decode(bytes + [0]) == .garbage)
    }

    @Test(arguments: SampleRecords.records) func noFlippedBitTraps(record: Record) {
        let bytes = codec.encode(record)
        var differs = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(bit)
                if codec.decode(flipped) != .record(record) { differs += 1 }
            }
        }
        #expect(differs == (bytes.count - 1) * 8, "every bit means something, but for the flags of a known kind")
    }

    @Test func noRandomBytesTrap() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<20_000 {
            var bytes = (0..<random.int(0...60)).map { _ in UInt8(random.int(0...255)) }
            if bytes.count > 6, random.chance(0.9) {
                bytes.replaceSubrange(0..<6, with: [0x4D, 1, UInt8(random.int(0...10)), 1, 0xAC, 2])
            }
            _ = codec.decode(bytes)
        }
    }

    /// Bytes in logs outlive the code that wrote them.
    @Test func theFormatIsAsItWas() {
        let encoded = SampleRecords.records.map { record in
            codec.encode(record).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        for (bytes, golden) in zip(encoded, GoldenRecords.bytes) { #expect(bytes == golden) }
        #expect(encoded.count == GoldenRecords.bytes.count)
    }

    @Test func anotherGenerationIsVoid() {
        let bytes = RecordCodec(generation: 301).encode(SampleRecords.records[0])
        #expect(codec.decode(bytes) == .otherGeneration)
    }

    @Test func unknownKindsAreSkippedOrStopTheSlot() {
        var bytes = codec.encode(SampleRecords.records[0])
        bytes[2] = 200
        #expect(codec.decode(bytes) == .cannotUnderstand(kind: 200))
        bytes[3] = 0
        #expect(codec.decode(bytes) == .unknownSkippable(kind: 200))
    }

    @Test func anUnknownFormatIsANewerWriter() {
        var bytes = codec.encode(SampleRecords.records[0])
        bytes[1] = 2
        #expect(codec.decode(bytes) == .cannotUnderstand(kind: RecordKind.posted.rawValue))
    }

    @Test func lengthsThatAreNotThereReserveNothing() {
        var writer = ByteWriter()
        writer.raw([0x4D, 1, RecordKind.checkpoint.rawValue, 0])
        writer.varint(300)
        for value: UInt64 in [5, 0, 20, 0, 1, .max] { writer.varint(value) }
        #expect(codec.decode(writer.bytes) == .garbage)
    }
}
