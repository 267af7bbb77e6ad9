internal import CUV
internal import Glibc
internal import MartletCore

/// A listening socket and the handle that watches it, at a fixed address.
@unsafe struct Listener {
    var poll = unsafe uv_poll_t()
    let id: Int
    let socket: ListeningSocket

    init(id: Int, socket: ListeningSocket) {
        unsafe self.id = id
        unsafe self.socket = socket
    }
}

@safe struct ListenerTable {
    var all: [UnsafeMutablePointer<Listener>] = unsafe []
    /// Given up for a moment when descriptors run out, to take one waiting connection and turn it away.
    var spareDescriptor: Int32 = -1
}

extension LoopIO {
    /// Connections accepted from one listener before other events get their turn.
    private static let acceptsPerEvent = 64

    func openListener(_ address: SocketAddress, id: Int, reusePort: Bool) throws(SocketError) -> UInt16 {
        let socket = try ListeningSocket(address, reusePort: reusePort, backlog: configuration.backlog)
        let listener = UnsafeMutablePointer<Listener>.allocate(capacity: 1)
        unsafe listener.initialize(to: Listener(id: id, socket: socket))
        let code = unsafe uv_poll_init(loop, listener.poll, socket.descriptor)
        guard code == 0 else {
            closeDescriptor(socket.descriptor)
            unsafe listener.deallocate()
            throw SocketError(operation: "uv_poll_init", code: code)
        }
        unsafe listener.pointee.poll.data = unmanaged
        unsafe listeners.all.append(listener)
        if listeners.spareDescriptor < 0 { openSpare() }
        unsafe uv_poll_start(listener.poll, Int32(UV_READABLE.rawValue), onAcceptable)
        return socket.localPort
    }

    func closeListeners(where matches: (Int) -> Bool) {
        for index in unsafe listeners.all.indices where unsafe matches(listeners.all[index].pointee.id) {
            unsafe uv_close(listeners.all[index].handle, onListenerClosed)
            unsafe closeDescriptor(listeners.all[index].pointee.socket.descriptor)
        }
        unsafe listeners.all.removeAll { unsafe matches($0.pointee.id) }
    }

    /// Connections wait.
    func accept(_ listener: UnsafeMutablePointer<Listener>) {
        for _ in 0..<LoopIO.acceptsPerEvent {
            switch unsafe listener.pointee.socket.acceptNext() {
            case .socket(let descriptor): unsafe adopt(descriptor, listener.pointee.id)
            case .nothing: return
            case .outOfDescriptors(let code): return unsafe pauseAccepting(listener, code)
            }
        }
    }

    private func adopt(_ descriptor: Int32, _ listener: Int) {
        guard rows.count < configuration.maxConnections else {
            counters.refused.add()
            return closeWithReset(descriptor)
        }
        let row = unsafe newRow()
        let code = unsafe uv_tcp_open(row.tcp, descriptor)
        guard code == 0 else {
            closeDescriptor(descriptor)
            return unsafe drop(row)
        }
        unsafe setOptions(row)
        counters.accepted.add()
        unsafe events.accepted(row.id, listener: listener)
        if unsafe row.pointee.flags.isDisjoint(with: [.over, .paused]) { unsafe startReading(row) }
    }

    /// Their failing costs speed, not correctness.
    func setOptions(_ row: UnsafeMutablePointer<Row>) {
        unsafe uv_tcp_nodelay(row.tcp, 1)
        var bytes = configuration.sendBufferBytes
        if bytes > 0 { unsafe _ = uv_send_buffer_size(row.handle, &bytes) }
    }

    /// Turns one waiting connection away with the spare descriptor, and leaves the others to wait.
    private func pauseAccepting(_ listener: UnsafeMutablePointer<Listener>, _ code: Int32) {
        counters.acceptPauses.add()
        warnOfAcceptPause(code)
        if listeners.spareDescriptor >= 0 {
            closeDescriptor(listeners.spareDescriptor)
            if case .socket(let descriptor) = unsafe listener.pointee.socket.acceptNext() {
                counters.refused.add()
                closeWithReset(descriptor)
            }
            openSpare()
        }
        for index in unsafe listeners.all.indices { unsafe uv_poll_stop(listeners.all[index].poll) }
        acceptResumesAt = now.monotonic + configuration.acceptPauseMilliseconds
    }

    /// Once in a while, however often it pauses.
    private func warnOfAcceptPause(_ code: Int32) {
        guard now.monotonic >= acceptWarningDue else { return }
        acceptWarningDue = now.monotonic + 10_000
        LoopIO.log.warning("accepting pauses: \(describe(error: code))", [.connections: LogValue(rows.count)])
    }

    func resumeAcceptingIfDue() {
        guard let due = acceptResumesAt, due <= now.monotonic else { return }
        acceptResumesAt = nil
        if listeners.spareDescriptor < 0 { openSpare() }
        for index in unsafe listeners.all.indices {
            unsafe uv_poll_start(listeners.all[index].poll, Int32(UV_READABLE.rawValue), onAcceptable)
        }
    }

    private func openSpare() {
        listeners.spareDescriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    func closeSpare() {
        if listeners.spareDescriptor >= 0 { closeDescriptor(listeners.spareDescriptor) }
        listeners.spareDescriptor = -1
    }

    /// A row with an initialised handle.
    func newRow() -> UnsafeMutablePointer<Row> {
        let row = unsafe rows.allocate()
        unsafe row.pointee.closeKind = .local
        // Cannot fail without a domain: no socket is made.
        unsafe uv_tcp_init(loop, row.tcp)
        unsafe row.pointee.tcp.data = unmanaged
        counters.open.add()
        return unsafe row
    }

    /// Ends a row that the handler never heard of.
    func drop(_ row: UnsafeMutablePointer<Row>) {
        unsafe row.pointee.flags.insert(.silent)
        unsafe closeNow(row)
    }
}

extension UnsafeMutablePointer<Listener> {
    var poll: UnsafeMutablePointer<uv_poll_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_poll_t.self)
    }
    var handle: UnsafeMutablePointer<uv_handle_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_handle_t.self)
    }
}
