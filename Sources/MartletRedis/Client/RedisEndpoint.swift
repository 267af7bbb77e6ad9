/// Where a Redis server listens.
public struct RedisEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address in text.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
