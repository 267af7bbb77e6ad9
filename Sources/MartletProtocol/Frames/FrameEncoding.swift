/// How frames are written on a connection; the WebSocket sub-protocol chooses it.
public enum FrameEncoding: Sendable, CaseIterable {
    /// Text frames: the proto3 JSON mapping, for people and browsers.
    case json
    /// Binary frames: protobuf, for SDKs.
    case proto

    public var subprotocol: String {
        switch self {
        case .json: "martlet.v1.json"
        case .proto: "martlet.v1.proto"
        }
    }

    public init?(subprotocol: String) {
        guard let encoding = FrameEncoding.allCases.first(where: { $0.subprotocol == subprotocol }) else { return nil }
        self = encoding
    }
}
