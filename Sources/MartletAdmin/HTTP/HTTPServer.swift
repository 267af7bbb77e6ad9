import CMicroHTTPD
import Dispatch
import Glibc
import Synchronization

/// libmicrohttpd behind values: requests in, answers out, one thread.
///
/// A handler is called on the daemon's thread with a whole request and answers once, on any thread; it must not
/// block. `stop` answers what still waits with 503 and returns when the thread has ended.
final class HTTPServer: Sendable {
    typealias Reply = @Sendable (HTTPResponse) -> Void
    typealias Handler = @Sendable (HTTPRequest, @escaping Reply) -> Void

    let limits: HTTPLimits
    private let handler: Handler
    /// Taken out by the one who stops it.
    private let daemon = Mutex<MHDPointer?>(nil)
    private let stopping = Atomic(false)
    private let open = Mutex<[ObjectIdentifier: Exchange]>([:])
    private let inFlight = DispatchGroup()

    /// Starts at once. `port` 0 takes a free one.
    static func start(
        address: String, port: Int, limits: HTTPLimits, handler: @escaping Handler
    ) throws(HTTPServerError) -> (server: HTTPServer, port: Int) {
        let server = HTTPServer(limits: limits, handler: handler)
        return (server, try server.listen(address: address, port: port))
    }

    private init(limits: HTTPLimits, handler: @escaping Handler) {
        self.limits = limits
        self.handler = handler
    }

    private func listen(address: String, port: Int) throws(HTTPServerError) -> Int {
        guard let port = UInt16(exactly: port), unsafe inet_addr(address) != INADDR_NONE else {
            throw .notAnAddress("\(address):\(port)")
        }
        // The daemon's callbacks come with this reference; `stop` gives it back.
        let context = unsafe Unmanaged.passRetained(self)
        guard
            let daemon = unsafe martlet_mhd_start(
                address, port, mhdLimits, context.toOpaque(), uriCallback, accessCallback, completedCallback)
        else {
            let code = errno
            unsafe context.release()
            throw code == EADDRINUSE ? .portTaken(address: address, port: Int(port)) : .system(code)
        }
        let pointer = unsafe MHDPointer(raw: daemon)
        self.daemon.withLock { $0 = pointer }
        return Int(unsafe martlet_mhd_port(daemon))
    }

    private var mhdLimits: martlet_mhd_limits {
        martlet_mhd_limits(
            connections: UInt32(limits.connections), timeout_seconds: UInt32(limits.idleSeconds),
            connection_memory: limits.connectionMemoryBytes)
    }

    /// Returns when the daemon's thread has ended. May be called twice, and never from a handler.
    func stop() {
        guard let daemon = daemon.withLock({ $0.take() }) else { return }
        stopping.store(true, ordering: .sequentiallyConsistent)
        for exchange in open.withLock({ Array($0.values) }) { exchange.answer(HTTPServer.stoppingResponse) }
        // Nothing is suspended from here on: that is what the daemon needs to stop. The rest is courtesy.
        _ = inFlight.wait(timeout: .now() + .milliseconds(limits.stopMilliseconds))
        unsafe MHD_stop_daemon(daemon.raw)
        unsafe Unmanaged.passUnretained(self).release()
    }

    private static let stoppingResponse = HTTPResponse.error(AdminError(.unavailable, "the server is stopping"))

    // MARK: On the daemon's thread

    fileprivate func began(target: String) -> Exchange {
        let exchange = Exchange(target: target)
        open.withLock { $0[ObjectIdentifier(exchange)] = exchange }
        inFlight.enter()
        return exchange
    }

    fileprivate func ended(_ exchange: Exchange) {
        open.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(exchange)) }
        inFlight.leave()
    }

    fileprivate func step(_ exchange: Exchange, _ head: MHDHead, piece: [UInt8]) -> MHD_Result {
        switch exchange.arrived(piece: piece, declaredBytes: head.declaredBytes, limits: limits) {
        case .readBody: .YES
        case .answer(let response): head.queue(response)
        case .drop: .NO
        case .handle(let body): handle(exchange, head, body: body)
        }
    }

    private func handle(_ exchange: Exchange, _ head: MHDHead, body: [UInt8]) -> MHD_Result {
        let request = HTTPRequest(method: head.method, target: exchange.target, headers: head.headers, body: body)
        handler(request) { exchange.answer($0) }
        // The order matters: `stop` sets the flag, then answers; so a suspension that it did not see does not happen.
        if stopping.load(ordering: .sequentiallyConsistent) { exchange.answer(HTTPServer.stoppingResponse) }
        return exchange.answerOrSuspend(head.connection, limits: limits).map { head.queue($0) } ?? .YES
    }
}

// MARK: C callbacks

private func uriCallback(
    _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context, let uri = unsafe uri else { return nil }
    let server = unsafe Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
    return unsafe Unmanaged.passRetained(server.began(target: String(cString: uri))).toOpaque()
}

private func accessCallback(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadSize: UnsafeMutablePointer<Int>?, _ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let connection = unsafe connection, let method = unsafe method,
        let uploadSize = unsafe uploadSize, let exchange = unsafe exchange?.pointee
    else { return .NO }
    let piece = unsafe UnsafeRawBufferPointer(start: upload, count: upload == nil ? 0 : uploadSize.pointee)
    unsafe uploadSize.pointee = 0
    let server = unsafe Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
    let head = unsafe MHDHead(connection: MHDPointer(raw: connection), method: String(cString: method))
    return unsafe server.step(Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue(), head, piece: Array(piece))
}

private func completedCallback(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ end: MHD_RequestTerminationCode
) {
    guard let context = unsafe context, let slot = unsafe exchange, let pointer = unsafe slot.pointee else { return }
    unsafe slot.pointee = nil
    let server = unsafe Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
    unsafe server.ended(Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue())
}
