/// The cluster map as bytes, for the store and for links: compact (about 3 bytes a slot) and versioned.
///
/// Layout: `M`, format 1, version and term; the nodes; names of owners that are no longer nodes; then per slot owner
/// and target as numbers into those two lists (0: none) and the epoch. Numbers are LEB128, texts have their length in
/// front. One map has one encoding if its nodes are ascending, as they are in a published map.
public enum ClusterMapCodec {
    static let magic: UInt8 = 0x4D
    static let format: UInt8 = 1
    /// A slot is 16 bits wide.
    static let maxSlots = 65_536
    static let maxAddressBytes = 1_024

    public static func encode(_ map: ClusterMap) -> [UInt8] {
        let departed = departedOwners(map)
        let numbers = Dictionary(
            (map.nodes.map(\.id) + departed).enumerated().map { ($1, UInt64($0 + 1)) }, uniquingKeysWith: { a, _ in a })
        var writer = ClusterMapWriter(bytes: [magic, format])
        writer.number(map.version)
        writer.number(map.term)
        writer.number(UInt64(map.nodes.count))
        for node in map.nodes { writer.node(node) }
        writer.number(UInt64(departed.count))
        for id in departed { writer.text(id.bytes) }
        writer.number(UInt64(map.slots.count))
        for slot in map.slots {
            writer.number(slot.owner.flatMap { numbers[$0] } ?? 0)
            writer.number(slot.movingTo.flatMap { numbers[$0] } ?? 0)
            writer.number(slot.epoch)
        }
        return writer.bytes
    }

    /// Owners and targets that are no nodes, ascending.
    private static func departedOwners(_ map: ClusterMap) -> [NodeID] {
        let nodes = Set(map.nodes.map(\.id))
        let named = Set(map.slots.flatMap { [$0.owner, $0.movingTo].compactMap(\.self) })
        return named.subtracting(nodes).sorted()
    }

    /// Total: any bytes give a map or a named error. Cost is linear in `bytes`, memory too.
    public static func decode(_ bytes: [UInt8]) throws(ClusterMapError) -> ClusterMap {
        var reader = ClusterMapReader(bytes: bytes)
        guard try reader.byte() == magic else { throw .notAMap }
        let format = try reader.byte()
        guard format == self.format else { throw .unknownFormat(format) }
        var map = ClusterMap(version: try reader.number(), term: try reader.number(), nodes: [], slots: [])
        for _ in 0..<(try reader.count()) { map.nodes.append(try reader.node()) }
        var ids = map.nodes.map(\.id)
        for _ in 0..<(try reader.count()) { ids.append(try reader.nodeID()) }
        let slots = try reader.count()
        guard slots <= maxSlots else { throw .tooManySlots(slots) }
        for _ in 0..<slots { map.slots.append(try reader.assignment(ids)) }
        guard reader.isAtEnd else { throw .trailingBytes(reader.remaining) }
        return map
    }
}
