/// One of the 16,384 parts of a Redis Cluster's key space: CRC16 (XMODEM) of the hash tag, or of the whole key if it has
/// none (Redis Cluster specification, "Key distribution model").
struct HashSlot: Hashable, Sendable {
    static let count = 16_384
    let number: UInt16

    init(of key: [UInt8]) {
        number = HashSlot.crc16(HashSlot.hashedPart(of: key)) % UInt16(HashSlot.count)
    }

    /// Nil above the last slot.
    init?(_ number: Int) {
        guard (0..<HashSlot.count).contains(number) else { return nil }
        self.number = UInt16(number)
    }

    /// What stands between the first `{` and the next `}`, unless that is nothing.
    private static func hashedPart(of key: [UInt8]) -> ArraySlice<UInt8> {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")),
            let close = key[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        else { return key[...] }
        return key[(open + 1)..<close]
    }

    private static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc, byte in crc << 8 ^ table[Int(crc >> 8 ^ UInt16(byte))] }
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
}
