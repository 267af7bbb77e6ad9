extension Span where Element == UInt8 {
    /// Four bytes from `index` on, little-endian. Traps if they are not there, so callers check their bounds.
    @inline(__always)
    func littleEndian32(at index: Int) -> UInt32 {
        UInt32(self[index]) | UInt32(self[index + 1]) << 8 | UInt32(self[index + 2]) << 16
            | UInt32(self[index + 3]) << 24
    }

    /// Eight bytes from `index` on, little-endian.
    @inline(__always)
    func littleEndian64(at index: Int) -> UInt64 {
        UInt64(littleEndian32(at: index)) | UInt64(littleEndian32(at: index + 4)) << 32
    }
}
