internal import CUV

extension LoopIO {
    func startReading(_ row: UnsafeMutablePointer<Row>) {
        let code = unsafe uv_read_start(row.stream, onAllocate, onRead)
        if code < 0 { unsafe fail(row, code) }
    }

    /// Where the next read goes: behind what the row holds, or else into the loop's own buffer.
    func readDestination(_ row: UnsafeMutablePointer<Row>) -> uv_buf_t {
        guard let held = unsafe row.pointee.held, unsafe row.pointee.flags.isDisjoint(with: .over) else {
            return unsafe uv_buf_init(
                readBuffer.assumingMemoryBound(to: CChar.self), UInt32(configuration.readBufferBytes))
        }
        let count = unsafe Int(row.pointee.heldCount)
        if unsafe Int(row.pointee.heldCapacity) - count < count / 2 + 1 { unsafe growHeld(row) }
        let buffer = unsafe row.pointee.held ?? held
        let free = unsafe Int(row.pointee.heldCapacity) - count
        return unsafe uv_buf_init((buffer + count).assumingMemoryBound(to: CChar.self), UInt32(free))
    }

    private func growHeld(_ row: UnsafeMutablePointer<Row>) {
        let count = unsafe Int(row.pointee.heldCount)
        let (buffer, capacity) = unsafe buffers.take(Int(row.pointee.heldCapacity) * 2)
        if let old = unsafe row.pointee.held {
            unsafe buffer.copyMemory(from: old, byteCount: count)
            unsafe buffers.give(old, capacity: Int(row.pointee.heldCapacity))
        }
        unsafe row.pointee.held = buffer
        unsafe row.pointee.heldCapacity = UInt32(capacity)
    }

    /// A read has ended: `count` bytes at `base`, an error below zero, or nothing (which is not the end).
    func didRead(_ row: UnsafeMutablePointer<Row>, _ count: Int, _ base: UnsafeMutableRawPointer?) {
        if count < 0 { return unsafe didReadError(row, Int32(count)) }
        guard count > 0, let base = unsafe base else { return }
        counters.reads.add()
        counters.bytesIn.add(UInt64(count))
        guard unsafe row.pointee.flags.isDisjoint(with: .over) else { return }
        if let held = unsafe row.pointee.held {
            unsafe row.pointee.heldCount += UInt32(count)
            unsafe deliverHeld(row, held)
        } else {
            let consumed = unsafe deliver(row, base, count)
            if consumed < count { unsafe hold(row, base + consumed, count - consumed) }
        }
    }

    /// Gives bytes to the handler. What arrives passes here and nowhere else: a transport that transforms bytes (TLS)
    /// comes between the socket and this call, with a buffer of the loop's own.
    private func deliver(_ row: UnsafeMutablePointer<Row>, _ base: UnsafeMutableRawPointer, _ count: Int) -> Int {
        var span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: count)
        let consumed = unsafe events.received(row.id, &span)
        precondition((0...count).contains(consumed), "a handler consumed more bytes than it was given")
        return consumed
    }

    private func deliverHeld(_ row: UnsafeMutablePointer<Row>, _ held: UnsafeMutableRawPointer) {
        let count = unsafe Int(row.pointee.heldCount)
        let consumed = unsafe deliver(row, held, count)
        let rest = count - consumed
        if unsafe rest == 0 || !row.pointee.flags.isDisjoint(with: .over) { return unsafe releaseHeld(row) }
        if consumed > 0 { unsafe held.copyMemory(from: held + consumed, byteCount: rest) }
        unsafe row.pointee.heldCount = UInt32(rest)
        if rest > configuration.maxHeldBytes { unsafe overflow(row) }
    }

    /// Keeps what the handler left in the loop's buffer.
    private func hold(_ row: UnsafeMutablePointer<Row>, _ rest: UnsafeMutableRawPointer, _ count: Int) {
        guard unsafe row.pointee.flags.isDisjoint(with: .over) else { return }
        guard count <= configuration.maxHeldBytes else { return unsafe overflow(row) }
        let (buffer, capacity) = unsafe buffers.take(count + count / 2)
        unsafe buffer.copyMemory(from: rest, byteCount: count)
        unsafe row.pointee.held = buffer
        unsafe row.pointee.heldCapacity = UInt32(capacity)
        unsafe row.pointee.heldCount = UInt32(count)
    }

    func releaseHeld(_ row: UnsafeMutablePointer<Row>) {
        guard let held = unsafe row.pointee.held else { return }
        unsafe buffers.give(held, capacity: Int(row.pointee.heldCapacity))
        unsafe row.pointee.held = nil
        unsafe row.pointee.heldCount = 0
        unsafe row.pointee.heldCapacity = 0
    }

    private func didReadError(_ row: UnsafeMutablePointer<Row>, _ code: Int32) {
        if code == UV_EOF.rawValue { unsafe peerEnded(row) } else { unsafe fail(row, code) }
    }

    /// Streams that read again get what they hold once more; once an iteration, however often they pause.
    func deliverResumed() {
        guard !resumedStreams.isEmpty else { return }
        let streams = resumedStreams
        resumedStreams = []
        for stream in streams { redeliver(stream) }
    }

    private func redeliver(_ stream: StreamID) {
        guard let row = unsafe live(stream), unsafe !row.pointee.flags.contains(.paused) else { return }
        if let held = unsafe row.pointee.held { unsafe deliverHeld(row, held) }
    }
}
