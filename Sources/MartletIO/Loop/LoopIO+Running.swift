internal import CUV
internal import MartletCore

/// An iteration: timers, `prepare`, poll (reads, writes, accepts, wake-ups), `check`, close callbacks.
extension LoopIO {
    /// Runs until the loop was stopped or killed and all its handles are closed.
    func run() {
        updateWallOffset()
        unsafe uv_run(loop, UV_RUN_DEFAULT)
        let code = unsafe uv_loop_close(loop)
        if code != 0 { LoopIO.log.error("loop left handles open", [.error: .string(describe(error: code))]) }
    }

    /// Before the poll: what timers wrote must not wait for the next event.
    func prepare() {
        counters.iterations.add()
        updateWallOffset()
        startPendingConnects()
        flush()
        if phase == .stopping, rows.count == 0, resolving.isEmpty { finish() }
    }

    /// After the poll: what reads and messages wrote.
    func check() {
        if phase == .running || phase == .stopping { flush() }
    }

    func tick() {
        resumeAcceptingIfDue()
        closeOverdueConnects()
        resetOverdue()
        if phase == .stopping, now.monotonic >= stopDeadline { resetAll() }
        unsafe events.ticked(now)
    }

    func woken() {
        guard phase == .running || phase == .stopping else { return }
        unsafe events.woken()
    }

    /// Ends all streams in order, then the loop.
    func stop() {
        guard phase == .running else { return }
        unsafe events.stopping()
        phase = .stopping
        stopDeadline = now.monotonic + configuration.stopMilliseconds
        closeListeners { _ in true }
        closeWatches { _ in true }
        cancelResolving()
        flush()
        unsafe rows.forEach { row in
            if unsafe row.pointee.flags.contains(.connecting) {
                unsafe closeNow(row)
            } else if unsafe row.pointee.flags.isDisjoint(with: .over) {
                unsafe end(row, .local)
            }
        }
    }

    /// Drops everything at once: sockets are reset, and the handler hears nothing more.
    func kill() {
        guard phase == .running || phase == .stopping else { return }
        phase = .killed
        pendingConnects = []
        closeListeners { _ in true }
        closeWatches { _ in true }
        cancelResolving()
        resetAll()
        finish()
    }

    private func resetAll() {
        unsafe rows.forEach { row in
            if unsafe !row.pointee.flags.contains(.closing) { unsafe resetNow(row) }
        }
    }

    private func cancelResolving() {
        for attempt in resolving { attempt.cancelResolving() }
    }

    private func finish() {
        if phase == .stopping { phase = .ended }
        unsafe events.ending()
        closeSpare()
        closeHandles()
    }

    private func updateWallOffset() {
        let monotonic = unsafe Int64(uv_now(loop))
        wallOffset = Clock.wallMilliseconds - monotonic
    }
}

extension ConnectAttempt {
    /// Succeeds only while no thread has taken it up; else the loop waits for the answer.
    fileprivate func cancelResolving() {
        unsafe _ = uv_cancel(UnsafeMutableRawPointer(resolve).assumingMemoryBound(to: uv_req_t.self))
    }
}
