public import MartletCore

/// Link frames to bytes and back.
///
/// A batch is a length (4 bytes, big-endian) and that many bytes of frames, one behind the other: a kind byte and its
/// fields. Numbers are varints, bytes and texts have their length before them.
public enum LinkCodec {
    /// Writes a batch of one.
    public static func encode(_ frame: LinkFrame, into out: inout [UInt8]) {
        let start = beginBatch(into: &out)
        append(frame, into: &out)
        endBatch(start, into: &out)
    }

    /// Begins a batch; `append` its frames, then give `endBatch` what this answers.
    public static func beginBatch(into out: inout [UInt8]) -> Int {
        out.append(contentsOf: [0, 0, 0, 0])
        return out.count
    }

    /// Adds a frame to the batch that was begun. A batch must stay below `Limits.linkWindowBytes`.
    public static func append(_ frame: LinkFrame, into out: inout [UInt8]) {
        var writer = LinkWriter()
        swap(&writer.out, &out)
        writer.frame(frame)
        swap(&writer.out, &out)
    }

    /// Ends the batch that `beginBatch` answered `start` for.
    public static func endBatch(_ start: Int, into out: inout [UInt8]) {
        let length = UInt32(clamping: out.count - start)
        for i in 0..<4 { out[start - 4 + i] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * i)) }
    }

    /// How many bytes the batch at `at` says it takes, its length included; nil: too few are there to say.
    public static func batchBytes(_ bytes: RawSpan, at: Int) -> Int? {
        guard bytes.byteCount - at >= 4 else { return nil }
        let input = Span<UInt8>(_bytes: bytes)
        return 4 + (0..<4).reduce(0) { $0 << 8 | Int(input[at + $1]) }
    }

    /// Reads all whole batches at the beginning of `bytes`; `consumed` are the bytes that they took. What is behind
    /// is the beginning of a batch: come again with more.
    public static func decode(_ bytes: RawSpan, limits: Limits = Limits()) throws(LinkError)
        -> (frames: [LinkFrame], consumed: Int)
    {
        let input = Span<UInt8>(_bytes: bytes)
        var frames: [LinkFrame] = []
        var at = 0
        while input.count - at >= 4 {
            let length = (0..<4).reduce(0) { $0 << 8 | Int(input[at + $1]) }
            guard length <= limits.linkWindowBytes else { throw .tooLong }
            guard input.count - at - 4 >= length else { break }
            var reader = LinkReader(input.extracting(at + 4..<at + 4 + length), limits: limits)
            while !reader.isAtEnd { frames.append(try reader.frame()) }
            at += 4 + length
        }
        return (frames, at)
    }
}

/// The kind byte of each frame. Numbers are never given again.
enum LinkKind: UInt8 {
    case hello = 1
    case challenge = 2
    case proof = 3
    case ping = 4
    case pong = 5
    case bye = 6
    case attach = 16
    case request = 17
    case detach = 18
    case signal = 19
    case acknowledged = 20
    case receipts = 21
    case receiptsStored = 22
    case attached = 32
    case notHome = 33
    case deliver = 34
    case close = 35
}
