internal import CUV

// libuv's callbacks cannot capture: each finds its loop by its handle's data pointer, and its row by its own address.

private func loopIO(_ data: UnsafeMutableRawPointer?) -> LoopIO {
    unsafe Unmanaged<LoopIO>.fromOpaque(data!).takeUnretainedValue()
}

private func row<Handle>(_ handle: UnsafeMutablePointer<Handle>?) -> UnsafeMutablePointer<Row> {
    unsafe UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: Row.self)
}

func onAllocate(
    _ handle: UnsafeMutablePointer<uv_handle_t>?, _ suggested: Int, _ buffer: UnsafeMutablePointer<uv_buf_t>?
) {
    unsafe buffer!.pointee = loopIO(handle!.pointee.data).readDestination(row(handle))
}

func onRead(_ stream: UnsafeMutablePointer<uv_stream_t>?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?) {
    unsafe loopIO(stream!.pointee.data).didRead(row(stream), count, UnsafeMutableRawPointer(buffer!.pointee.base))
}

func onWritten(_ request: UnsafeMutablePointer<uv_write_t>?, _ status: Int32) {
    let request = unsafe UnsafeMutableRawPointer(request!).assumingMemoryBound(to: WriteRequest.self)
    unsafe loopIO(request.pointee.write.handle.pointee.data).didWrite(request, status)
}

func onClosed(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
    unsafe loopIO(handle!.pointee.data).didClose(row(handle))
}

func onAcceptable(_ poll: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _ events: Int32) {
    let listener = unsafe UnsafeMutableRawPointer(poll!).assumingMemoryBound(to: Listener.self)
    unsafe loopIO(poll!.pointee.data).accept(listener)
}

func onReadable(_ poll: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _ events: Int32) {
    let watch = unsafe UnsafeMutableRawPointer(poll!).assumingMemoryBound(to: Watch.self)
    unsafe loopIO(poll!.pointee.data).didBecomeReadable(watch)
}

func onWatchClosed(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
    unsafe UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: Watch.self).deallocate()
}

func onListenerClosed(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
    unsafe UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: Listener.self).deallocate()
}

func onConnected(_ request: UnsafeMutablePointer<uv_connect_t>?, _ status: Int32) {
    let attempt = unsafe Unmanaged<ConnectAttempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
    unsafe attempt.io.didConnect(attempt, row(request!.pointee.handle), status)
}

func onResolved(
    _ request: UnsafeMutablePointer<uv_getaddrinfo_t>?, _ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?
) {
    let attempt = unsafe Unmanaged<ConnectAttempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
    unsafe attempt.io.didResolve(attempt, status, list)
}

func onPrepare(_ handle: UnsafeMutablePointer<uv_prepare_t>?) { unsafe loopIO(handle!.pointee.data).prepare() }
func onCheck(_ handle: UnsafeMutablePointer<uv_check_t>?) { unsafe loopIO(handle!.pointee.data).check() }
func onTick(_ handle: UnsafeMutablePointer<uv_timer_t>?) { unsafe loopIO(handle!.pointee.data).tick() }
/// What it is for happens before the loop waits again.
func onAlarm(_ handle: UnsafeMutablePointer<uv_timer_t>?) {}
func onWoken(_ handle: UnsafeMutablePointer<uv_async_t>?) { unsafe loopIO(handle!.pointee.data).woken() }
