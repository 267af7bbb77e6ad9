/// What the scripts answer, taken apart; anything else is unreadable by name.
extension RedisReply {
    func array(_ what: String, atLeast count: Int = 0) throws(StoreError) -> [RedisReply] {
        guard case .array(let elements) = self, elements.count >= count else { throw .unreadable(what) }
        return elements
    }

    func integer(_ what: String) throws(StoreError) -> Int64 {
        guard case .integer(let value) = self, StoreNumber.range.contains(value) else { throw .unreadable(what) }
        return value
    }

    func bytes(_ what: String) throws(StoreError) -> [UInt8] {
        guard let bytes = try optionalBytes(what) else { throw .unreadable(what) }
        return bytes
    }

    func optionalBytes(_ what: String) throws(StoreError) -> [UInt8]? {
        switch self {
        case .bytes(let bytes): return bytes
        case .null: return nil
        case .array, .integer, .status, .error: throw .unreadable(what)
        }
    }

    /// A decimal number in a bulk string.
    func decimal(_ what: String) throws(StoreError) -> Int64 {
        let text = String(decoding: try bytes(what), as: UTF8.self)
        guard let value = Int64(text), StoreNumber.range.contains(value) else { throw .unreadable(what) }
        return value
    }

    /// Fields and values in turn.
    func pairs(_ what: String) throws(StoreError) -> [(field: [UInt8], value: RedisReply)] {
        let elements = try array(what)
        guard elements.count % 2 == 0 else { throw .unreadable(what) }
        var pairs: [(field: [UInt8], value: RedisReply)] = []
        pairs.reserveCapacity(elements.count / 2)
        for index in stride(from: 0, to: elements.count, by: 2) {
            pairs.append((try elements[index].bytes(what), elements[index + 1]))
        }
        return pairs
    }
}
