public import MartletCore

extension FrameCodec {
    /// Finds the parts of a protobuf client envelope that is a `signal` to a user.
    ///
    /// Nil if it is anything else, not well-formed, over a limit, or holds a field that is not known here: then
    /// `decodeClient` reads it or names the error. Never accepts what `decodeClient` refuses.
    public static func signalView(_ bytes: RawSpan, limits: Limits) -> SignalView? {
        guard bytes.byteCount <= limits.maxFrameBytes else { return nil }
        var scanner = SignalScanner(Span(_bytes: bytes))
        guard let view = scanner.envelope(), scanner.cost <= limits.maxSignalBytes else { return nil }
        return view
    }

    /// Writes the server envelope that passes a signal on: `view` of `source`, from the user whose key is `from`.
    public static func encodeSignal(
        from: Span<UInt8>, source: RawSpan, view: SignalView, into out: inout [UInt8]
    ) {
        let input = Span<UInt8>(_bytes: source)
        let type = view.type.length > 0 ? 1 + ProtoWriter.prefixed(Int(view.type.length)) : 0
        let content = view.hasContent ? 1 + ProtoWriter.prefixed(Int(view.content.length)) : 0
        var writer = ProtoWriter(out: [])
        swap(&writer.out, &out)
        writer.tag(12, .delimited)
        writer.varint(UInt64(1 + ProtoWriter.prefixed(from.count) + type + content))
        writer.delimited(1, from)
        if type > 0 { writer.delimited(2, input.extracting(view.type.range)) }
        if content > 0 { writer.delimited(3, input.extracting(view.content.range)) }
        swap(&writer.out, &out)
    }
}

extension ProtoWriter {
    /// Bytes that `length` bytes and their length take.
    fileprivate static func prefixed(_ length: Int) -> Int {
        length + (70 - (UInt64(length) | 1).leadingZeroBitCount) / 7
    }

    fileprivate mutating func delimited(_ number: Int, _ bytes: Span<UInt8>) {
        tag(number, .delimited)
        varint(UInt64(bytes.count))
        out.append(bytes)
    }
}
