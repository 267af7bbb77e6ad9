/// Where to listen or to connect: `127.0.0.1:8001`, `redis.example.org:6379`, `[::1]:8001`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil unless it is a host and a port from 0 to 65535; an IPv6 address stands in brackets.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), port <= 65_535,
            let host = Endpoint.host(text[..<colon])
        else { return nil }
        self.init(host: host, port: port)
    }

    public var description: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    /// Every address of the machine: good to listen on, and nothing that another machine can connect to.
    public var isWildcard: Bool { ["0.0.0.0", "::", "*"].contains(host) }

    /// Of this machine only.
    public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    private static func host(_ text: Substring) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inside = text.dropFirst().dropLast()
            return inside.contains(":") && inside.utf8.allSatisfy(isInIPv6) ? String(inside) : nil
        }
        return !text.isEmpty && text.utf8.allSatisfy(isInName) ? String(text) : nil
    }

    private static func isInIPv6(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte & 0xDF) || [0x3A, 0x2E].contains(byte)
    }

    /// Letters, digits, `-`, `.`, `_`.
    private static func isInName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || [0x2D, 0x2E, 0x5F].contains(byte)
    }
}
