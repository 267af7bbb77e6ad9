import Glibc
import Synchronization

@testable import MartletIO

/// A blocking socket for the other side of a test: it does exactly what it is told, one system call at a time.
final class TestSocket: Sendable {
    private let descriptor: Int32
    private let hasEnded = Atomic(false)

    init(port: UInt16, host: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
        let storage = SocketAddress(host: host, port: port).storage!
        descriptor = socket(host.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if let receiveBuffer { set(SO_RCVBUF, receiveBuffer) }
        setTimeout()
        let code = unsafe storage.withAddress { unsafe connect(descriptor, $0, $1) }
        if code != 0 { throw SocketError.current("connect") }
    }

    private func set(_ option: Int32, _ value: Int32) {
        var value = value
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, option, &value, 4)
    }

    func noDelay() {
        var on: Int32 = 1
        unsafe _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    }

    private func setTimeout() {
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
    }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// What is there, at least a byte; empty at the end; nil after an error (a reset, or ten seconds).
    func receiveSome(_ limit: Int = 65_536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(descriptor, &buffer, limit, 0)
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    func receive(exactly count: Int) -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count, let more = receiveSome(min(65_536, count - all.count)), !more.isEmpty { all += more }
        return all
    }

    /// Everything until the peer's end; nil if the connection was reset.
    func receiveAll() -> [UInt8]? {
        var all: [UInt8] = []
        while let more = receiveSome() {
            if more.isEmpty { return all }
            all += more
        }
        return nil
    }

    func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset.
    func reset() {
        setResetOnClose(descriptor)
        end()
    }

    /// Closes; a second call does nothing, since the number may be another socket's by then.
    func end() {
        if !hasEnded.exchange(true, ordering: .relaxed) { close(descriptor) }
    }
}

/// A socket that was made before descriptors ran out.
final class UnconnectedSocket: Sendable {
    private let descriptor: Int32
    private let port: UInt16

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.port = port
        if descriptor < 0 { throw SocketError.current("socket") }
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    func connect() throws {
        let storage = SocketAddress(host: "127.0.0.1", port: port).storage!
        let code = unsafe storage.withAddress { unsafe Glibc.connect(descriptor, $0, $1) }
        if code != 0 { throw SocketError.current("connect") }
    }

    /// Whether a byte comes back; false if the connection was reset.
    func echoes() -> Bool {
        var byte: UInt8 = 1
        guard unsafe Glibc.send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { return false }
        return unsafe recv(descriptor, &byte, 1, 0) == 1
    }
}

/// A listener that accepts nobody, its queue full.
final class FullListener {
    let port: UInt16
    private let socket: ListeningSocket
    private var queued: [TestSocket] = []

    init() throws {
        socket = try ListeningSocket(SocketAddress(host: "127.0.0.1", port: 0), reusePort: false, backlog: 0)
        port = socket.localPort
        queued = [try TestSocket(port: port)]
    }

    func end() {
        queued.forEach { $0.end() }
        closeDescriptor(socket.descriptor)
    }
}
