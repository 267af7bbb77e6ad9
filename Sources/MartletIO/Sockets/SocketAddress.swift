internal import CUV
internal import Glibc

/// An IP address in text and a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Nil unless `host` is an IPv4 or IPv6 address in numbers.
    var storage: sockaddr_storage? {
        var storage = sockaddr_storage()
        let code = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            if host.utf8.contains(UInt8(ascii: ":")) {
                return unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe uv_ip6_addr(host, Int32(port), $0)
                }
            }
            return unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe uv_ip4_addr(host, Int32(port), $0)
            }
        }
        return code == 0 ? storage : nil
    }

    init?(_ storage: sockaddr_storage) {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let parsed: (code: Int32, port: UInt16) = unsafe withUnsafePointer(to: storage) { pointer in
            switch Int32(storage.ss_family) {
            case AF_INET:
                unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    unsafe (uv_ip4_name($0, &text, text.count), UInt16(bigEndian: $0.pointee.sin_port))
                }
            case AF_INET6:
                unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe (uv_ip6_name($0, &text, text.count), UInt16(bigEndian: $0.pointee.sin6_port))
                }
            default: (-1, 0)
            }
        }
        guard parsed.code == 0 else { return nil }
        host = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        port = parsed.port
    }
}

extension sockaddr_storage {
    /// Its address as system calls want it. The pointer is valid inside `body` only.
    func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        let length = ss_family == UInt16(AF_INET6) ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        return unsafe withUnsafePointer(to: self) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
        }
    }
}
