internal import CUV
internal import Glibc
internal import MartletCore

/// The ways in which a stream ends. All of them lead to `uv_close`, whose callback alone frees the row.
extension LoopIO {
    /// Takes no more input or output and ends when what it has is out.
    func end(_ row: UnsafeMutablePointer<Row>, _ kind: CloseKind) {
        unsafe row.pointee.closeKind = kind
        unsafe row.pointee.flags.insert(.ending)
        unsafe lingering.append(row.id, deadline: now.monotonic + configuration.lingerMilliseconds)
        // A paused stream reads again, to see the peer's end; what comes is dropped.
        if unsafe row.pointee.flags.contains(.paused) { unsafe startReading(row) }
        if unsafe pendingOutput(row) == 0 { unsafe outputIsOut(row) }
    }

    /// An ending row has nothing more to send: FIN, then wait for the peer's, because a close with unread input would
    /// reset the connection and take the last bytes away from the peer.
    func outputIsOut(_ row: UnsafeMutablePointer<Row>) {
        guard unsafe row.pointee.flags.isDisjoint(with: [.lingering, .closing]) else { return }
        if unsafe row.pointee.flags.contains(.peerEnded) { return unsafe closeNow(row) }
        unsafe row.pointee.flags.insert(.lingering)
        unsafe _ = shutdown(row.descriptor, Int32(SHUT_WR))
    }

    /// The peer sends no more.
    func peerEnded(_ row: UnsafeMutablePointer<Row>) {
        unsafe row.pointee.flags.insert(.peerEnded)
        unsafe uv_read_stop(row.stream)
        if unsafe row.pointee.flags.contains(.lingering) { return unsafe closeNow(row) }
        if unsafe row.pointee.flags.isDisjoint(with: .over) { unsafe end(row, .endOfFile) }
    }

    /// A read or a write failed. The reason of a stream that was ending already stays.
    func fail(_ row: UnsafeMutablePointer<Row>, _ code: Int32) {
        guard unsafe !row.pointee.flags.contains(.closing) else { return }
        if unsafe !row.pointee.flags.contains(.ending) {
            let isReset = code == UV_ECONNRESET.rawValue || code == UV_EPIPE.rawValue
            unsafe row.pointee.closeKind = isReset ? .reset : .error
            unsafe row.pointee.closeError = code
        }
        unsafe closeNow(row)
    }

    func overflow(_ row: UnsafeMutablePointer<Row>) {
        guard unsafe !row.pointee.flags.contains(.closing) else { return }
        counters.overflows.add()
        unsafe row.pointee.closeKind = .overflow
        unsafe resetNow(row)
    }

    func resetNow(_ row: UnsafeMutablePointer<Row>) {
        let descriptor = unsafe row.descriptor
        if descriptor >= 0 { setResetOnClose(descriptor) }
        unsafe closeNow(row)
    }

    func closeNow(_ row: UnsafeMutablePointer<Row>) {
        guard unsafe !row.pointee.flags.contains(.closing) else { return }
        unsafe row.pointee.flags.insert(.closing)
        unsafe uv_close(row.handle, onClosed)
    }

    /// libuv has let go of the row.
    func didClose(_ row: UnsafeMutablePointer<Row>) {
        unsafe releaseHeld(row)
        unsafe releaseOutput(row)
        counters.open.subtract()
        let stream = unsafe row.id
        let reason = unsafe row.closeReason
        let isSilent = unsafe row.pointee.flags.contains(.silent)
        unsafe rows.free(row)
        if !isSilent, phase != .killed { unsafe events.closed(stream, reason) }
    }

    /// Streams that took too long to end.
    func resetOverdue() {
        while let stream = lingering.popDue(now.monotonic) {
            if let row = unsafe rows.find(stream) { unsafe resetUnlessClosing(row) }
        }
    }

    private func resetUnlessClosing(_ row: UnsafeMutablePointer<Row>) {
        if unsafe !row.pointee.flags.contains(.closing) { unsafe resetNow(row) }
    }
}

extension UnsafeMutablePointer<Row> {
    fileprivate var closeReason: StreamCloseReason {
        switch unsafe pointee.closeKind {
        case .local: .local
        case .endOfFile: .endOfFile
        case .reset: .reset
        case .error: unsafe .error(pointee.closeError)
        case .overflow: .overflow
        }
    }
}
