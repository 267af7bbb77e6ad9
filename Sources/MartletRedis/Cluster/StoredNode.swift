import MartletCore

/// A node's row as `ClusterScripts` packs it.
struct StoredNode {
    var registration: NodeRegistration
    var worker: Int
    var renewed: Int64
    var draining: Bool
    var left: Bool

    init(_ id: [UInt8], _ packed: [UInt8]) throws(StoreError) {
        guard (1...NodeID.maxBytes).contains(id.count) else { throw .unreadable("node") }
        var reader = MessagePackReader(packed)
        guard try reader.array() == 8, try reader.integer() == 1 else { throw .unreadable("node") }
        let incarnation = try reader.string()
        guard let worker = Int(exactly: try reader.integer()), (0..<1024).contains(worker) else {
            throw .unreadable("node")
        }
        self.worker = worker
        renewed = try reader.integer()
        draining = try reader.integer() != 0
        left = try reader.integer() != 0
        let registration = try reader.string()
        let settings = try StoredNode.settings(&reader)
        do {
            self.registration = try StoredNode.decode(registration, id, incarnation, settings)
        } catch {
            throw .unreadable("node")
        }
    }

    func row(now: Int64) -> NodeRow {
        NodeRow(
            registration: registration, worker: worker, leaseAgeMilliseconds: max(now &- renewed, 0),
            draining: draining, left: left)
    }

    private static func settings(_ reader: inout MessagePackReader) throws(StoreError) -> [AgreedSetting] {
        var settings: [AgreedSetting] = []
        for _ in 0..<(try reader.array() / 2) {
            let name = String(decoding: try reader.string(), as: UTF8.self)
            settings.append(AgreedSetting(name, String(decoding: try reader.string(), as: UTF8.self)))
        }
        return settings
    }

    // MARK: What scripts pass on unread

    static func incarnation(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter(reserving: 8)
        writer.bigEndian64(value)
        return writer.bytes
    }

    static func encode(_ node: NodeRegistration) -> [UInt8] {
        var writer = ByteWriter(reserving: 96)
        writer.prefixed(Array(node.linkAddress.utf8))
        writer.prefixed(Array(node.clientAddress.utf8))
        writer.signed(Int64(node.weight))
        writer.prefixed(Array(node.version.utf8))
        writer.varint(node.configurationHash)
        return writer.bytes
    }

    private static func decode(
        _ bytes: [UInt8], _ id: [UInt8], _ incarnation: [UInt8], _ agreed: [AgreedSetting]
    ) throws(ByteError) -> NodeRegistration {
        var number = ByteReader(incarnation), reader = ByteReader(bytes)
        let incarnation = try number.bigEndian64()
        guard number.isAtEnd else { throw .invalid }
        let linkAddress = try reader.text(), clientAddress = try reader.text()
        guard let weight = Int(exactly: try reader.signed()) else { throw .invalid }
        return NodeRegistration(
            id: NodeID(trusted: id), incarnation: incarnation, linkAddress: linkAddress, clientAddress: clientAddress,
            weight: weight, version: try reader.text(), configurationHash: try reader.varint(), agreed: agreed)
    }
}

extension ByteReader {
    fileprivate mutating func text() throws(ByteError) -> String {
        String(decoding: try prefixed(), as: UTF8.self)
    }
}
