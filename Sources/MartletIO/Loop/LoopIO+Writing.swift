internal import CUV

extension LoopIO {
    /// Everything not yet taken by the kernel.
    func pendingOutput(_ row: UnsafeMutablePointer<Row>) -> Int {
        unsafe row.pointee.output.count + Int(row.pointee.tcp.write_queue_size)
    }

    /// `added` bytes were appended to the row's output.
    func gathered(_ row: UnsafeMutablePointer<Row>, added: Int) -> WriteOutcome {
        guard added > 0 else { return .gathered }
        if unsafe !row.pointee.flags.contains(.dirty) {
            unsafe row.pointee.flags.insert(.dirty)
            unsafe dirty.append(row.id)
        }
        gatheredBytes += added
        // Bounds what one iteration gathers, whatever it is that writes.
        if gatheredBytes >= configuration.maxGatheredBytes { writeGathered() }
        return unsafe row.pointee.flags.contains(.closing) ? .gone : outcome(row)
    }

    private func outcome(_ row: UnsafeMutablePointer<Row>) -> WriteOutcome {
        let pending = unsafe pendingOutput(row)
        if pending <= configuration.highMarkBytes { return .gathered }
        if pending > configuration.maxOutputBytes {
            unsafe writeOut(row)
            if unsafe pendingOutput(row) > configuration.maxOutputBytes {
                unsafe overflow(row)
                return .gone
            }
        }
        unsafe row.pointee.flags.insert(.aboveHighMark)
        return .aboveHighMark
    }

    /// Writes what was gathered and tells who has room again, until nothing is left to write now.
    func flush() {
        unsafe events.willFlush()
        deliverResumed()
        writeGathered()
        // What a handler writes in answer goes out too; the bound keeps a handler that always answers from staying.
        var rounds = 8
        while !drainedStreams.isEmpty, rounds > 0 {
            rounds -= 1
            tellDrained()
            writeGathered()
        }
        if !(drainedStreams.isEmpty && dirty.isEmpty && resumedStreams.isEmpty) { wakeAgain() }
    }

    func writeGathered() {
        gatheredBytes = 0
        guard !dirty.isEmpty else { return }
        swap(&dirty, &flushing)
        for stream in flushing {
            if let row = unsafe rows.find(stream), unsafe row.pointee.flags.contains(.dirty) { unsafe writeOut(row) }
        }
        flushing.removeAll(keepingCapacity: true)
    }

    private func tellDrained() {
        let streams = drainedStreams
        drainedStreams.removeAll(keepingCapacity: true)
        for stream in streams where unsafe live(stream) != nil { unsafe events.drained(stream) }
    }

    /// Gives the row's output to the kernel, as much as it takes; libuv keeps the rest. What goes out passes here and
    /// nowhere else, as what comes in passes `deliver`.
    func writeOut(_ row: UnsafeMutablePointer<Row>) {
        unsafe row.pointee.flags.remove(.dirty)
        guard unsafe row.pointee.flags.isDisjoint(with: [.writing, .closing, .free]) else { return }
        let count = unsafe row.pointee.output.count
        if count > 0 {
            let written = unsafe tryWrite(row)
            guard written >= 0 else { return unsafe fail(row, Int32(written)) }
            counters.writes.add()
            counters.bytesOut.add(UInt64(written))
            if written < count { unsafe queueRest(row, from: written) }
            unsafe releaseOutput(row)
        }
        unsafe wroteOut(row)
    }

    /// Bytes that the kernel took, or an error.
    private func tryWrite(_ row: UnsafeMutablePointer<Row>) -> Int {
        let written = unsafe row.pointee.output.withUnsafeMutableBytes { bytes in
            var buffer = unsafe uv_buf_init(bytes.baseAddress!.assumingMemoryBound(to: CChar.self), UInt32(bytes.count))
            return unsafe uv_try_write(row.stream, &buffer, 1)
        }
        return written == UV_EAGAIN.rawValue ? 0 : Int(written)
    }

    /// The kernel is full: the rest goes into memory that lives until libuv has written it.
    private func queueRest(_ row: UnsafeMutablePointer<Row>, from start: Int) {
        counters.partialWrites.add()
        let request = unsafe requests.take()
        let count = unsafe row.pointee.output.count - start
        let (buffer, capacity) = unsafe buffers.take(count)
        unsafe row.pointee.output.withUnsafeBytes {
            unsafe buffer.copyMemory(from: $0.baseAddress! + start, byteCount: count)
        }
        unsafe request.pointee.fill(row: row, buffer: buffer, count: count, capacity: capacity)
        unsafe row.pointee.flags.insert(.writing)
        var description = unsafe uv_buf_init(buffer.assumingMemoryBound(to: CChar.self), UInt32(count))
        let code = unsafe uv_write(request.write, row.stream, &description, 1, onWritten)
        if code < 0 {
            unsafe releaseRequest(request)
            unsafe fail(row, code)
        }
    }

    /// libuv has written a rest, or gave up.
    func didWrite(_ request: UnsafeMutablePointer<WriteRequest>, _ status: Int32) {
        guard let row = unsafe request.pointee.row else { return }
        if status == 0 { counters.bytesOut.add(UInt64(unsafe request.pointee.count)) }
        unsafe releaseRequest(request)
        // Closing: the close callback comes after this and ends the row.
        if unsafe row.pointee.flags.contains(.closing) { return }
        if status < 0 { return unsafe fail(row, status) }
        unsafe writeOut(row)
    }

    private func releaseRequest(_ request: UnsafeMutablePointer<WriteRequest>) {
        if let row = unsafe request.pointee.row { unsafe row.pointee.flags.remove(.writing) }
        if let buffer = unsafe request.pointee.buffer {
            unsafe buffers.give(buffer, capacity: request.pointee.capacity)
        }
        unsafe requests.give(request)
    }

    func releaseOutput(_ row: UnsafeMutablePointer<Row>) {
        let output = unsafe row.takeOutput()
        if output.capacity > 0 { outputs.give(output) }
    }

    /// After each write: is there room again, and was this the last that an ending stream waited for?
    private func wroteOut(_ row: UnsafeMutablePointer<Row>) {
        let flags = unsafe row.pointee.flags
        if flags.contains(.aboveHighMark), unsafe pendingOutput(row) <= configuration.lowMarkBytes {
            unsafe row.pointee.flags.remove(.aboveHighMark)
            unsafe drainedStreams.append(row.id)
        }
        if flags.contains(.ending), unsafe pendingOutput(row) == 0 { unsafe outputIsOut(row) }
    }
}

extension UnsafeMutablePointer<Row> {
    /// Leaves an empty array without storage in the row.
    fileprivate func takeOutput() -> [UInt8] {
        var output: [UInt8] = []
        unsafe swap(&output, &pointee.output)
        return output
    }
}
