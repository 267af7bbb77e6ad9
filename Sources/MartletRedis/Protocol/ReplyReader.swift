import CHiredis

/// Makes replies of bytes: hiredis's reader behind the scanner. One a connection; after an error it is of no more use.
@safe final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    private var scanner: ReplyScanner

    init(limits: RedisLimits) {
        guard let reader = unsafe redisReaderCreate() else { preconditionFailure("out of memory") }
        unsafe self.reader = unsafe reader
        scanner = ReplyScanner(limits: limits)
    }

    deinit { unsafe redisReaderFree(reader) }

    /// Takes all of `bytes`.
    func feed(_ bytes: RawSpan) throws(RedisProtocolError) {
        try scanner.scan(Span<UInt8>(_bytes: bytes))
        let code = unsafe bytes.withUnsafeBytes {
            unsafe redisReaderFeed(reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        if code != REDIS_OK { throw unreadable }
    }

    /// The next whole reply; nil if more bytes must come first.
    func next() throws(RedisProtocolError) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw unreadable }
        guard let object = unsafe object else { return nil }
        defer { unsafe freeReplyObject(object) }
        return unsafe RedisReply(object.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private var unreadable: RedisProtocolError {
        let text = unsafe withUnsafeBytes(of: &reader.pointee.errstr) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .unreadable(text)
    }
}

extension RedisReply {
    fileprivate init(_ reply: redisReply) {
        switch unsafe reply.type {
        case REDIS_REPLY_INTEGER: self = unsafe .integer(reply.integer)
        case REDIS_REPLY_STRING: self = unsafe .bytes(Array(characters(reply)))
        case REDIS_REPLY_STATUS: self = unsafe .status(String(decoding: characters(reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = unsafe .error(String(decoding: characters(reply), as: UTF8.self))
        case REDIS_REPLY_ARRAY: self = unsafe .array(elements(reply))
        default: self = .null
        }
    }
}

private func characters(_ reply: redisReply) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: reply.str, count: reply.len)
}

private func elements(_ reply: redisReply) -> [RedisReply] {
    let pointers = unsafe UnsafeBufferPointer(start: reply.element, count: reply.elements)
    return unsafe pointers.map { element in
        // A whole reply has no gap in it.
        guard let element = unsafe element else { return .null }
        return unsafe RedisReply(element.pointee)
    }
}
