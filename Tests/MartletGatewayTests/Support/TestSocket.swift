import Glibc
import Synchronization

@testable import MartletIO

/// A blocking socket for the other side of a test. Nothing waits longer than ten seconds: that is a failed test.
final class TestSocket: Sendable {
    private let descriptor: Int32
    private let hasEnded = Atomic(false)
    private let wasReset = Atomic(false)

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        let storage = SocketAddress(host: "127.0.0.1", port: UInt16(port)).storage!
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        var on: Int32 = 1
        unsafe _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        let code = unsafe storage.withAddress { unsafe connect(descriptor, $0, $1) }
        if code != 0 { throw SocketError.current("connect") }
    }

    deinit { end() }

    /// False: the peer takes no more.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What is there, at least a byte; empty at the end; nil after an error (a reset, or ten seconds).
    func receiveSome() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { wasReset.store(errno == ECONNRESET, ordering: .relaxed) }
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    /// Whether the last `receiveSome` failed by a reset.
    var isReset: Bool { wasReset.load(ordering: .relaxed) }

    /// Everything until the peer's end or a reset; nil if neither came in ten seconds.
    func receiveAll() -> [UInt8]? {
        var all: [UInt8] = []
        while true {
            guard let more = receiveSome() else { return isReset ? all : nil }
            if more.isEmpty { return all }
            all += more
        }
    }

    func receiveText() -> String? { receiveAll().map { String(decoding: $0, as: UTF8.self) } }

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
