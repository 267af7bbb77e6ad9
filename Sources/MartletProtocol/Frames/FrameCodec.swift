public import MartletCore

/// Frames to bytes and back. Output is appended to what the caller owns; input is never trusted.
public enum FrameCodec {
    /// Reads one frame of a client and holds it against `limits`.
    public static func decodeClient(_ bytes: RawSpan, _ encoding: FrameEncoding, limits: Limits)
        throws(FrameError) -> ClientEnvelope
    {
        guard bytes.byteCount <= limits.maxFrameBytes else { throw .tooLong("frame") }
        let (ref, frame) = try decode(bytes, encoding, maxDepth: limits.maxDepth, as: ClientFrame.self)
        do { try frame.check(limits) } catch { throw FrameError(code: error.code, reason: error.reason, ref: ref) }
        return ClientEnvelope(ref: ref, frame)
    }

    /// Reads one frame of a gateway. Its length is not held against a limit: a page is longer than a client's frame.
    public static func decodeServer(_ bytes: RawSpan, _ encoding: FrameEncoding, limits: Limits = Limits())
        throws(FrameError) -> ServerEnvelope
    {
        let (ref, frame) = try decode(bytes, encoding, maxDepth: limits.maxDepth, as: ServerFrame.self)
        return ServerEnvelope(ref: ref, frame)
    }

    public static func encode(_ envelope: ClientEnvelope, _ encoding: FrameEncoding, into out: inout [UInt8]) {
        write(EnvelopeDraft(envelope.ref, envelope.frame), encoding, into: &out)
    }

    public static func encode(_ envelope: ServerEnvelope, _ encoding: FrameEncoding, into out: inout [UInt8]) {
        write(EnvelopeDraft(envelope.ref, envelope.frame), encoding, into: &out)
    }

    /// Writes what `MessageContent.body` holds.
    public static func encodeBody(_ body: MessageBody, into out: inout [UInt8]) {
        write(body, .proto, into: &out)
    }

    public static func encodeBody(_ body: MessageBody) -> [UInt8] {
        var out: [UInt8] = []
        encodeBody(body, into: &out)
        return out
    }

    public static func decodeBody(_ bytes: RawSpan) throws(FrameError) -> MessageBody {
        var body = MessageBody()
        var reader = ProtoReader(Span(_bytes: bytes))
        try reader.read(into: &body)
        return body
    }

    public static func decodeBody(_ bytes: [UInt8]) throws(FrameError) -> MessageBody {
        var body = MessageBody()
        var reader = ProtoReader(bytes.span)
        try reader.read(into: &body)
        return body
    }

    /// Writes a protobuf server envelope as JSON. False, and nothing written, if it is not one.
    @discardableResult
    public static func transcodeServerToJSON(_ proto: RawSpan, into out: inout [UInt8]) -> Bool {
        do throws(FrameError) {
            encode(try decodeServer(proto, .proto), .json, into: &out)
            return true
        } catch {
            return false
        }
    }
}

extension FrameCodec {
    private static func decode<F: FrameOneof>(
        _ bytes: RawSpan, _ encoding: FrameEncoding, maxDepth: Int, as: F.Type
    ) throws(FrameError) -> (UInt64?, F) {
        var draft = EnvelopeDraft<F>()
        do throws(FrameError) {
            let skipped = try read(&draft, bytes, encoding, maxDepth: maxDepth)
            guard let frame = draft.frame else { throw skipped > 0 ? .unknownFrame : .missingFrame }
            return (draft.ref, frame)
        } catch {
            throw FrameError(code: error.code, reason: error.reason, ref: draft.ref)
        }
    }

    /// Answers how many unknown fields there were.
    private static func read<M: FrameFields>(
        _ message: inout M, _ bytes: RawSpan, _ encoding: FrameEncoding, maxDepth: Int
    ) throws(FrameError) -> Int {
        switch encoding {
        case .proto:
            var reader = ProtoReader(Span(_bytes: bytes))
            try reader.read(into: &message)
            return reader.skipped
        case .json:
            var reader = JSONReader(Span(_bytes: bytes), maxDepth: maxDepth)
            try reader.readWhole(into: &message)
            return reader.skipped
        }
    }

    /// The output moves into the writer and back, so that it is never copied.
    static func write<M: FrameFields>(_ message: consuming M, _ encoding: FrameEncoding, into out: inout [UInt8]) {
        switch encoding {
        case .proto:
            var writer = ProtoWriter(out: [])
            swap(&writer.out, &out)
            // Writers refuse nothing: only readers throw.
            try? message.visit(&writer)
            swap(&writer.out, &out)
        case .json:
            var writer = JSONWriter(out: [])
            swap(&writer.out, &out)
            try? writer.object(&message)
            swap(&writer.out, &out)
        }
    }
}
