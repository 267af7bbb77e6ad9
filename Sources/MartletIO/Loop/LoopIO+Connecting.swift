internal import CUV
internal import Glibc
internal import MartletCore

/// A connection being made: the addresses still to try, and the requests that libuv needs. Rare, so an object.
@safe final class ConnectAttempt {
    let token: UInt64
    let port: UInt16
    var addresses: [sockaddr_storage] = []
    var lastError = UV_EADDRNOTAVAIL.rawValue
    unowned let io: LoopIO
    let resolve = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    let connect = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)

    init(token: UInt64, port: UInt16, io: LoopIO) {
        self.token = token
        self.port = port
        self.io = io
        unsafe resolve.initialize(to: uv_getaddrinfo_t())
        unsafe connect.initialize(to: uv_connect_t())
    }

    deinit {
        unsafe resolve.deallocate()
        unsafe connect.deallocate()
    }
}

extension LoopIO {
    func beginConnect(_ target: SocketAddress, token: UInt64) {
        let attempt = ConnectAttempt(token: token, port: target.port, io: self)
        if let storage = target.storage {
            attempt.addresses = [storage]
            later(attempt)
        } else {
            resolve(target.host, attempt)
        }
    }

    /// Failing at once would call the handler from inside its own call, so even that waits for the loop.
    private func later(_ attempt: ConnectAttempt) {
        pendingConnects.append(attempt)
        wakeAgain()
    }

    func startPendingConnects() {
        guard !pendingConnects.isEmpty else { return }
        let attempts = pendingConnects
        pendingConnects = []
        for attempt in attempts { tryNext(attempt) }
    }

    private func resolve(_ host: String, _ attempt: ConnectAttempt) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        unsafe attempt.resolve.pointee.data = Unmanaged.passRetained(attempt).toOpaque()
        let code = unsafe uv_getaddrinfo(loop, attempt.resolve, onResolved, host, nil, &hints)
        if code < 0 {
            unsafe Unmanaged.passUnretained(attempt).release()
            attempt.lastError = code
            later(attempt)
        } else {
            resolving.append(attempt)
        }
    }

    func didResolve(_ attempt: ConnectAttempt, _ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        resolving.removeAll { $0 === attempt }
        if status < 0 { attempt.lastError = status }
        var next = unsafe list
        while let info = unsafe next {
            if let storage = unsafe storage(of: info.pointee, port: attempt.port) { attempt.addresses.append(storage) }
            unsafe next = info.pointee.ai_next
        }
        unsafe uv_freeaddrinfo(list)
        tryNext(attempt)
    }

    private func storage(of info: addrinfo, port: UInt16) -> sockaddr_storage? {
        guard let address = unsafe info.ai_addr, unsafe Int(info.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
        else {
            return nil
        }
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen)))
            // The port lies at the same place in both families.
            unsafe $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        return storage
    }

    /// Tries the next address; without one the attempt has failed.
    private func tryNext(_ attempt: ConnectAttempt) {
        guard phase == .running, !attempt.addresses.isEmpty else {
            return unsafe phase == .killed ? () : events.connectFailed(token: attempt.token, error: attempt.lastError)
        }
        guard rows.count < configuration.maxConnections else {
            return unsafe events.connectFailed(token: attempt.token, error: UV_EMFILE.rawValue)
        }
        let storage = attempt.addresses.removeFirst()
        let row = unsafe newRow()
        unsafe row.pointee.flags.insert([.connecting, .silent])
        unsafe attempt.connect.pointee.data = Unmanaged.passRetained(attempt).toOpaque()
        let code = unsafe storage.withAddress { address, _ in
            unsafe uv_tcp_connect(attempt.connect, row.tcp, address, onConnected)
        }
        guard code == 0 else {
            unsafe Unmanaged.passUnretained(attempt).release()
            unsafe closeNow(row)
            attempt.lastError = code
            return tryNext(attempt)
        }
        unsafe connecting.append(row.id, deadline: now.monotonic + configuration.connectTimeoutMilliseconds)
    }

    func didConnect(_ attempt: ConnectAttempt, _ row: UnsafeMutablePointer<Row>, _ status: Int32) {
        guard status == 0, unsafe !row.pointee.flags.contains(.closing) else {
            // A row closed while it was connecting took too long, or the loop ends.
            let isOverdue = status == UV_ECANCELED.rawValue
            attempt.lastError = isOverdue ? UV_ETIMEDOUT.rawValue : status
            unsafe closeNow(row)
            return tryNext(attempt)
        }
        unsafe row.pointee.flags.remove([.connecting, .silent])
        unsafe setOptions(row)
        unsafe events.connected(row.id, token: attempt.token)
        if unsafe row.pointee.flags.isDisjoint(with: [.over, .paused]) { unsafe startReading(row) }
    }

    func closeOverdueConnects() {
        while let stream = connecting.popDue(now.monotonic) {
            guard let row = unsafe rows.find(stream) else { continue }
            if unsafe row.pointee.flags.contains(.connecting) { unsafe closeNow(row) }
        }
    }
}
