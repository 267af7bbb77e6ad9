internal import CUV

/// The loop's own handles, at a fixed address.
@unsafe struct LoopHandles {
    var prepare = unsafe uv_prepare_t()
    var check = unsafe uv_check_t()
    var timer = unsafe uv_timer_t()
    var alarm = unsafe uv_timer_t()
    var async = unsafe uv_async_t()

    init() {}
}

extension LoopIO {
    /// What handles carry to find their loop.
    var unmanaged: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

    var waker: LoopWaker { unsafe LoopWaker(&handles.pointee.async) }

    /// Makes the loop go round once more without waiting.
    func wakeAgain() { waker.wake() }

    func startHandles() throws(SocketError) {
        try SocketError.check("uv_async_init", unsafe uv_async_init(loop, &handles.pointee.async, onWoken))
        unsafe uv_prepare_init(loop, &handles.pointee.prepare)
        unsafe uv_check_init(loop, &handles.pointee.check)
        unsafe uv_timer_init(loop, &handles.pointee.timer)
        unsafe uv_timer_init(loop, &handles.pointee.alarm)
        unsafe handles.pointee.async.data = unmanaged
        unsafe handles.pointee.prepare.data = unmanaged
        unsafe handles.pointee.check.data = unmanaged
        unsafe handles.pointee.timer.data = unmanaged
        unsafe handles.pointee.alarm.data = unmanaged
        let tick = configuration.tickMilliseconds
        unsafe uv_prepare_start(&handles.pointee.prepare, onPrepare)
        unsafe uv_check_start(&handles.pointee.check, onCheck)
        unsafe uv_timer_start(&handles.pointee.timer, onTick, tick, tick)
    }

    /// Lets the loop go round within `milliseconds`, so that `willFlush` is called by then. A wish that has not come true
    /// yet stands; a later one changes nothing.
    public func goRound(within milliseconds: Int64) {
        guard unsafe uv_is_active(base(&handles.pointee.alarm)) == 0 else { return }
        unsafe uv_timer_start(&handles.pointee.alarm, onAlarm, UInt64(max(milliseconds, 0)), 0)
    }

    func closeHandles() {
        unsafe close(&handles.pointee.prepare)
        unsafe close(&handles.pointee.check)
        unsafe close(&handles.pointee.timer)
        unsafe close(&handles.pointee.alarm)
        unsafe close(&handles.pointee.async)
    }

    private func close<Handle>(_ handle: UnsafeMutablePointer<Handle>) {
        unsafe uv_close(base(handle), nil)
    }

    private func base<Handle>(_ handle: UnsafeMutablePointer<Handle>) -> UnsafeMutablePointer<uv_handle_t> {
        unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
    }
}
