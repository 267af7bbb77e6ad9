public import MartletCore

/// What two gateways say to each other on their link.
public enum LinkFrame: Equatable, Sendable {
    /// The first frame of each side.
    case hello(LinkHello)
    /// 32 random bytes that the other side must prove itself over.
    case challenge([UInt8])
    /// 32 bytes: the HMAC of what was challenged. Made and checked by the gateway.
    case proof([UInt8])
    /// To the owner of a slot, whoever that is when it arrives.
    case slot(Slot, SlotMessage)
    /// To sessions of the receiving edge.
    case edge(EdgeMessage)
    case ping(UInt64)
    case pong(UInt64)
    /// The link is closed in order; why.
    case bye(String)
}

/// Who opens a link.
public struct LinkHello: Equatable, Sendable {
    public static let currentVersion: UInt32 = 1

    public var version: UInt32
    public var cluster: String
    public var node: NodeID
    public var incarnation: UInt64
    /// 32 random bytes.
    public var nonce: [UInt8]

    public init(
        version: UInt32 = LinkHello.currentVersion, cluster: String, node: NodeID, incarnation: UInt64, nonce: [UInt8]
    ) {
        self.version = version
        self.cluster = cluster
        self.node = node
        self.incarnation = incarnation
        self.nonce = nonce
    }
}

/// Why bytes from a link are not frames. A link on which this is seen is closed.
public enum LinkError: Error, Equatable, Sendable {
    /// A batch longer than the link's window.
    case tooLong
    /// A frame goes on behind its batch's end.
    case truncated
    case unknownKind
    /// A number is above what its field can hold.
    case outOfRange
    /// A key, device or node that is none.
    case badIdentifier
    case badUTF8
    /// A client's frame or a content inside is refused by the frame codec.
    case badFrame
}
