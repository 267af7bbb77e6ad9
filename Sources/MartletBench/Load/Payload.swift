/// A message's content: a mark, who sent it, its number, and filling. By it a recipient checks what it gets.
struct Payload: Equatable {
    static let minBytes = 16
    private static let mark: UInt32 = 0x4D41_524C

    var sender: UInt32
    var number: UInt64

    func bytes(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(ascii: "."), count: count)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        write(to: &raw, at: 0)
        return bytes
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int) {
        bytes.storeBytes(of: Payload.mark, toByteOffset: offset, as: UInt32.self)
        bytes.storeBytes(of: sender, toByteOffset: offset + 4, as: UInt32.self)
        bytes.storeBytes(of: number, toByteOffset: offset + 8, as: UInt64.self)
    }

    init(sender: UInt32, number: UInt64) {
        self.sender = sender
        self.number = number
    }

    /// Nil if there is none at `offset`.
    init?(_ bytes: RawSpan, at offset: Int) {
        guard offset >= 0, offset + Payload.minBytes <= bytes.byteCount,
            unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self) == Payload.mark
        else { return nil }
        sender = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        number = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
    }
}
