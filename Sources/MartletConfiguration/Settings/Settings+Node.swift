import MartletCore

// The cluster, this node in it, and its doors.
extension Settings {
    public static let clusterName = Setting(
        "cluster.name", .words("name", "NAME", "letters, digits, `-`, `_` and `.`, at most 64"), default: "martlet",
        for: .all, help: "Names the Kafka topic, the keys in Redis and the links, so that clusters can share both.")
    public static let slots = Setting(
        AgreedSetting.slots, .integer(1...4096), default: 256, for: [.gateway, .coordinator, .setup], agreed: true,
        help: "Shards of the key space, and partitions of the topic. Set once for a cluster's life.")
    static let cluster: [any AnySetting] = [clusterName, slots]

    public static let nodeID = Setting(
        "node", .optional(.words("name", "NAME", "1 to 128 bytes without control characters and `/`")), default: nil,
        help: "This node's id, unique in the cluster. Without it, the host's name.")
    public static let weight = Setting(
        "weight", .integer(1...100), default: 1,
        help: "Its share of the slots, compared with the other nodes' weights.")
    public static let loops = Setting(
        "loops", .integer(1...64), default: 1, help: "Event loops, hence threads, for connections and slots.")
    static let node: [any AnySetting] = [nodeID, weight, loops]

    public static let clientListen = Setting(
        "client.listen", .listen, default: Endpoint(host: "127.0.0.1", port: 8001),
        help: "Where clients are listened to. Port 0: any free one.")
    public static let clientAdvertise = Setting(
        "client.advertise", .optional(.connect), default: nil,
        help: "Where clients reach this node, told to them when they are sent here. Without it the listening address, "
            + "with the host's name where that is every address.")
    public static let allowedOrigins = Setting(
        "client.allowedOrigins", .list(.words("origin", "ORIGIN", "an origin such as https://chat.example.org")),
        default: [],
        help: "Web pages that may connect. Programs that send no Origin are known by their token alone.")
    static let client: [any AnySetting] = [clientListen, clientAdvertise, allowedOrigins]

    public static let linkListen = Setting(
        "link.listen", .listen, default: Endpoint(host: "127.0.0.1", port: 8101),
        help: "Where other gateways are listened to. Port 0: any free one.")
    public static let linkAdvertise = Setting(
        "link.advertise", .optional(.connect), default: nil,
        help: "Where other gateways reach this node. Without it the listening address, with the host's name where that "
            + "is every address.")
    public static let linkSecret = SecretSetting(
        "link.secret", for: .gateway,
        help: "What gateways know each other by, at least 32 bytes, the same on all. It never travels.")
    static let link: [any AnySetting] = [linkListen, linkAdvertise] + linkSecret.both

    public static let tokenSecret = SecretSetting(
        "token.secret", for: .gateway, help: "The HS256 key of the clients' tokens, at least 32 bytes.")
    static let token: [any AnySetting] = tokenSecret.both
}
