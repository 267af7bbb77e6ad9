/// Who owns which hash slots, as a node of a Redis Cluster answers CLUSTER SLOTS.
struct SlotMap: Equatable {
    struct Range: Equatable {
        let slots: ClosedRange<Int>
        let master: RedisEndpoint
    }

    let ranges: [Range]
    let masters: Set<RedisEndpoint>
    /// Each slot has a master.
    let isComplete: Bool

    /// Nil if the reply is no such map. `asked` gives the host where the node does not know its own.
    init?(_ reply: RedisReply, asked: RedisEndpoint) {
        guard case .array(let rows) = reply else { return nil }
        var ranges: [Range] = []
        for row in rows {
            guard let range = Range(row, asked: asked) else { return nil }
            ranges.append(range)
        }
        self.ranges = ranges
        masters = Set(ranges.map(\.master))
        isComplete = Set(ranges.flatMap { Array($0.slots) }).count == HashSlot.count
    }
}

extension SlotMap.Range {
    /// First slot, last slot, the master, then replicas: each node an array of host, port, id and more.
    fileprivate init?(_ row: RedisReply, asked: RedisEndpoint) {
        guard case .array(let fields) = row, fields.count >= 3,
            case .integer(let first) = fields[0], case .integer(let last) = fields[1],
            0 <= first, first <= last, last < Int64(HashSlot.count),
            let master = RedisEndpoint(node: fields[2], asked: asked)
        else { return nil }
        self.init(slots: Int(first)...Int(last), master: master)
    }
}

extension RedisEndpoint {
    fileprivate init?(node: RedisReply, asked: RedisEndpoint) {
        guard case .array(let fields) = node, fields.count >= 2, case .integer(let port) = fields[1],
            let port = UInt16(exactly: port), port > 0
        else { return nil }
        switch fields[0] {
        case .bytes(let host) where host == Array("?".utf8): return nil
        case .bytes(let host) where !host.isEmpty: self.init(host: String(decoding: host, as: UTF8.self), port: port)
        case .bytes, .null: self.init(host: asked.host, port: port)
        default: return nil
        }
    }
}
