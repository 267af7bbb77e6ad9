import Glibc

/// A blocking HTTP client that says exactly what it is told, over a real socket on loopback.
final class TestClient {
    struct Response {
        var status: Int
        /// Names in lower case.
        var headers: [String: String]
        var body: String
    }

    enum Failure: Error {
        case cannotConnect, closed, garbage
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        unsafe address.sin_addr.s_addr = inet_addr("127.0.0.1")
        // A safety net only: an answer that never comes fails the test instead of hanging it.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure.cannotConnect }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends as much as the server takes: it may close in the middle, which is what some tests want to see.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads one response with a length.
    func response(hasBody: Bool = true) throws -> Response {
        let head = try head()
        var lines = head.split(separator: "\r\n").map(String.init)
        guard !lines.isEmpty, let status = Int(lines.removeFirst().dropFirst(9).prefix(3)) else {
            throw Failure.garbage
        }
        var headers: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        while received.count < length { try read() }
        defer { received.removeFirst(length) }
        return Response(
            status: status, headers: headers, body: String(decoding: received.prefix(length), as: UTF8.self))
    }

    /// Whether the server closes without another byte.
    func isClosed() -> Bool {
        do {
            try read()
            return false
        } catch {
            return received.isEmpty
        }
    }

    private func head() throws -> String {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let index = received.indices.first(where: { received[$0...].starts(with: end) }) {
                defer { received.removeFirst(index + end.count) }
                return String(decoding: received[..<index], as: UTF8.self)
            }
            try read()
        }
    }

    private func read() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw Failure.closed }
        received += buffer.prefix(count)
    }
}

extension TestClient {
    /// One request on a connection of its own.
    static func request(
        _ port: Int, _ method: String, _ target: String, headers: [String] = [], body: String? = nil
    ) throws -> Response {
        let client = try TestClient(port: port)
        client.send(text(method, target, headers: headers, body: body))
        return try client.response(hasBody: method != "HEAD")
    }

    static func text(_ method: String, _ target: String, headers: [String] = [], body: String? = nil) -> String {
        var lines = ["\(method) \(target) HTTP/1.1"]
        if !headers.contains(where: { $0.hasPrefix("Host:") }) { lines.append("Host: 127.0.0.1") }
        lines += headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }
}
