/// What the admin API answers, as far as commands look at it.
struct ClusterAnswer: Decodable {
    var version: UInt64
    var term: UInt64
    var leader: String?
    var nodes: [NodeAnswer]
    var slots: [SlotAnswer]

    func node(_ id: String) -> NodeAnswer? { nodes.first { $0.id == id } }
}

struct MapAnswer: Decodable {
    var version: UInt64
    var term: UInt64
    var slots: [SlotAnswer]
}

struct NodeAnswer: Decodable {
    var id: String
    var state: String
    var clientAddress: String
    var version: String
    var leaseAgeMilliseconds: Int64
    var slots: Int
    /// Nil: only the node itself knows.
    var connections: Int?
}

struct SlotAnswer: Decodable {
    var slot: Int
    var state: String
    var owner: String?
    var epoch: UInt64
    var movingTo: String?
    var pinnedTo: String?
}

struct UsersAnswer: Decodable {
    var users: [UserAnswer]
}

struct UserAnswer: Decodable {
    var user: String
    var slot: Int
    var state: String
    var asOf: Int64
    var reason: String?
    var devices: [DeviceAnswer]
}

struct DeviceAnswer: Decodable {
    struct Evidence: Decodable {
        var epoch: UInt64
        var leaseAgeMilliseconds: Int64?
    }

    var device: String
    var state: String
    var edge: String?
    var home: String?
    var since: Int64?
    var lastSeen: Int64?
    var evidence: Evidence
}

struct RefusedAnswer: Decodable {
    struct Detail: Decodable {
        var code: String
        var reason: String
    }

    var error: Detail
}
