/// Appends the parts of an encoded cluster map.
struct ClusterMapWriter {
    var bytes: [UInt8]

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func text(_ text: [UInt8]) {
        number(UInt64(text.count))
        bytes += text
    }

    mutating func node(_ node: ClusterMap.Node) {
        text(node.id.bytes)
        number(node.incarnation)
        text(Array(node.linkAddress.utf8))
        text(Array(node.clientAddress.utf8))
        number(UInt64(max(node.weight, 0)))
        number(UInt64(max(node.worker, 0)))
        bytes.append(node.state.rawValue)
    }
}

/// Takes the parts of an encoded cluster map from bytes that may be anything.
struct ClusterMapReader {
    let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - index }
    var isAtEnd: Bool { remaining == 0 }

    mutating func byte() throws(ClusterMapError) -> UInt8 {
        guard index < bytes.count else { throw .truncated }
        defer { index += 1 }
        return bytes[index]
    }

    /// A LEB128 number in its shortest form.
    mutating func number() throws(ClusterMapError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try byte()
            let bits = UInt64(byte & 0x7F)
            guard shift < 63 || bits <= 1, shift == 0 || byte != 0 else { throw .invalidNumber }
            value |= bits << shift
            if byte < 0x80 { return value }
        }
        throw .invalidNumber
    }

    /// How many things follow, or bytes: each takes at least one byte, so no count can ask for more memory than there
    /// are bytes.
    mutating func count() throws(ClusterMapError) -> Int {
        let value = try number()
        guard value <= UInt64(remaining) else { throw .truncated }
        return Int(value)
    }

    mutating func text() throws(ClusterMapError) -> String? {
        let count = try count()
        defer { index += count }
        return String(validating: bytes[index..<index + count], as: UTF8.self)
    }

    mutating func nodeID() throws(ClusterMapError) -> NodeID {
        guard let text = try text(), let id = NodeID(text) else { throw .invalidNodeID }
        return id
    }

    mutating func address() throws(ClusterMapError) -> String {
        guard let text = try text(), text.utf8.count <= ClusterMapCodec.maxAddressBytes else { throw .invalidAddress }
        return text
    }

    mutating func node() throws(ClusterMapError) -> ClusterMap.Node {
        let id = try nodeID()
        let incarnation = try number()
        let linkAddress = try address()
        let clientAddress = try address()
        let weight = try number()
        let worker = try number()
        guard weight <= UInt32.max, worker <= 1023, let state = ClusterMap.Node.State(rawValue: try byte()) else {
            throw .invalidNode
        }
        return ClusterMap.Node(
            id: id, incarnation: incarnation, linkAddress: linkAddress, clientAddress: clientAddress,
            weight: Int(weight), worker: Int(worker), state: state)
    }

    mutating func assignment(_ ids: [NodeID]) throws(ClusterMapError) -> ClusterMap.Assignment {
        let owner = try reference(ids)
        let movingTo = try reference(ids)
        return ClusterMap.Assignment(owner: owner, epoch: try number(), movingTo: movingTo)
    }

    private mutating func reference(_ ids: [NodeID]) throws(ClusterMapError) -> NodeID? {
        let number = try number()
        guard number > 0 else { return nil }
        guard number <= UInt64(ids.count) else { throw .unknownNode }
        return ids[Int(number) - 1]
    }
}
