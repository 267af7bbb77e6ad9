import Testing

@testable import MartletCore

@Suite struct BytesTests {
    @Test func numbersComeBack() throws {
        for value: UInt64 in [0, 1, 127, 128, 16_383, 16_384, 1 << 63, .max] {
            var writer = ByteWriter()
            writer.varint(value)
            writer.signed(Int64(bitPattern: value))
            writer.bigEndian64(value)
            writer.optionalSigned(nil)
            writer.optionalSigned(Int64(bitPattern: value))
            var reader = ByteReader(writer.bytes)
            #expect(try reader.varint() == value)
            #expect(try reader.signed() == Int64(bitPattern: value))
            #expect(try reader.bigEndian64() == value)
            #expect(try reader.optionalSigned() == nil)
            #expect(try reader.optionalSigned() == Int64(bitPattern: value))
            #expect(reader.isAtEnd)
        }
    }

    @Test func equalStringsHashAlikeAndOthersDoNot() {
        let all = (0...40).flatMap { count in
            [ByteString([UInt8](repeating: 97, count: count)), ByteString([UInt8](repeating: 97, count: count) + [98])]
        }
        #expect(Set(all).count == all.count)
        for string in all { #expect(ByteString(Array(string.bytes)).hashValue == string.hashValue) }
        #expect(Set(all.map(\.hashValue)).count == all.count)
    }

    @Test func aNumberOfMoreThan64BitsIsInvalid() {
        for bytes in [Array(repeating: UInt8(0xFF), count: 9) + [2], Array(repeating: 0x80, count: 11)] {
            var reader = ByteReader(bytes)
            #expect(throws: ByteError.invalid) { try reader.varint() }
        }
    }

    @Test func aLengthThatIsNotThereIsTruncated() {
        var reader = ByteReader([5, 1, 2])
        #expect(throws: ByteError.truncated) { try reader.prefixed() }
        reader = ByteReader([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])
        #expect(throws: ByteError.invalid) { try reader.prefixed() }
        reader = ByteReader([3, 1, 2, 3])
        #expect(throws: ByteError.invalid) { try reader.prefixed(max: 2) }
    }

    @Test func aQueueKeepsOrderWhileItsFrontIsRemoved() {
        var queue = FIFOQueue<Int>()
        var next = 0, taken = 0
        for round in 1...200 {
            for _ in 0..<round % 7 {
                queue.append(next)
                next += 1
            }
            let count = min(queue.count, round % 5)
            for index in 0..<count { #expect(queue[index] == taken + index) }
            queue.removeFirst(count)
            taken += count
            #expect(queue.count == next - taken)
            #expect(queue.first == (queue.isEmpty ? nil : taken))
        }
    }
}
