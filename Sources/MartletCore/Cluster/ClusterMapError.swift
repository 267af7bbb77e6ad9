/// Why bytes are no cluster map.
public enum ClusterMapError: Error, Hashable, Sendable {
    case notAMap
    case unknownFormat(UInt8)
    case truncated
    case trailingBytes(Int)
    case tooManySlots(Int)
    case invalidNumber
    case invalidNodeID
    case invalidAddress
    case invalidNode
    /// A slot names a node that is not in the lists.
    case unknownNode
}
