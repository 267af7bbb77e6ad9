import Glibc
import Synchronization

/// A listener that answers each connection as a script says: what no real server would send.
final class FakeServer: Sendable {
    /// What becomes of a connection: called once for each, on a thread of its own.
    typealias Script = @Sendable (FakeConnection) -> Void

    let port: UInt16
    private let listener: Int32
    private let hasEnded = Atomic(false)
    private let connections = Mutex<[FakeConnection]>([])

    init(_ script: @escaping Script) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> Int32 in
                guard unsafe bind(descriptor, pointer, length) == 0, listen(descriptor, 64) == 0 else { return -1 }
                return unsafe getsockname(descriptor, pointer, &length)
            }
        }
        guard code == 0 else { throw FakeServerError.cannotListen }
        port = UInt16(bigEndian: address.sin_port)
        startThread { [self] in acceptAll(script) }
    }

    var connectionCount: Int { connections.withLock { $0.count } }

    /// Ends the listener and all connections; their threads see it and end.
    func end() {
        if hasEnded.exchange(true, ordering: .relaxed) { return }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections.withLock({ $0 }) { connection.end() }
    }

    private func acceptAll(_ script: @escaping Script) {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let connection = FakeConnection(descriptor: descriptor)
            connections.withLock { $0.append(connection) }
            startThread {
                script(connection)
                connection.waitForEnd()
                connection.close()
            }
        }
        close(listener)
    }
}

enum FakeServerError: Error { case cannotListen }

/// One accepted connection; blocking.
final class FakeConnection: Sendable {
    private let descriptor: Int32
    private let isClosed = Mutex(false)

    init(descriptor: Int32) { self.descriptor = descriptor }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        unsafe _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What is there, at least a byte; empty at the end.
    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// Answers as a healthy server does until CLIENT SETNAME and INFO were asked.
    func greet(version: String = "7.0.15", policy: String = "noeviction", extra: String = "") {
        var heard = ""
        while !heard.contains("INFO") {
            let more = receive()
            if more.isEmpty { return }
            heard += more
        }
        let info =
            "redis_version:\(version)\r\nredis_mode:standalone\r\nrole:master\r\nloading:0\r\n"
            + "maxmemory_policy:\(policy)\r\n\(extra)"
        send("+OK\r\n$\(info.utf8.count)\r\n\(info)\r\n")
    }

    /// Closes with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func waitForEnd() {
        while !isClosed.withLock({ $0 }), !receive().isEmpty {}
    }

    func end() {
        isClosed.withLock { if !$0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    func close() {
        isClosed.withLock { isClosed in
            if !isClosed { Glibc.close(descriptor) }
            isClosed = true
        }
    }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    let start = unsafe Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, runBody, start.toOpaque())
    precondition(code == 0, "no thread")
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue().run()
    return nil
}
