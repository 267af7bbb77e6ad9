internal import CUV
internal import Glibc
internal import Synchronization

/// A thread of our own: named for whoever looks with `top -H`, deaf to signals, joined once.
@safe public final class NamedThread: @unchecked Sendable {
    // Written in init, before the reference is shared.
    private let thread: pthread_t
    private let isJoined = Atomic(false)

    /// Fails only if the system has no thread to give. A thread whose last reference goes runs on by itself.
    public init(name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) throws(SocketError) {
        let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, stackBytes)
        defer { unsafe _ = pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, &attributes, runThread, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            throw SocketError(operation: "pthread_create", code: -code)
        }
        self.thread = thread
    }

    var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    /// Waits until the thread has ended. Only the first call waits. Not on the thread itself.
    public func join() {
        precondition(!isCurrent, "a thread cannot wait for its own end")
        if isJoined.exchange(true, ordering: .acquiringAndReleasing) { return }
        _ = pthread_join(thread, nil)
    }

    deinit {
        if !isJoined.load(ordering: .acquiring) { pthread_detach(thread) }
    }
}

private final class ThreadStart {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue()
    blockSignals()
    // The kernel keeps 15 bytes of a thread's name.
    unsafe pthread_setname_np(pthread_self(), String(start.name.prefix(15)))
    start.body()
    return nil
}

/// Signals go to the process's other threads; a write to a closed pipe must not end it.
private func blockSignals() {
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, nil)
}
