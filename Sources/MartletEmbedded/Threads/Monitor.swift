import Glibc

/// State behind a lock, with a condition to wait on: what `Synchronization.Mutex` has not.
@safe final class Monitor<State: Sendable>: @unchecked Sendable {
    // Protected by `mutex`.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func withLock<R>(_ body: (inout State) -> R) -> R {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    func signal() { unsafe pthread_cond_signal(condition) }
    func broadcast() { unsafe pthread_cond_broadcast(condition) }

    /// Waits until `body` gives a value, which it is asked for at once and after each signal; nil after
    /// `milliseconds` (nil: for ever).
    func wait<R>(milliseconds: Int64? = nil, _ body: (inout State) -> R?) -> R? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var deadline = milliseconds.map { timespec(monotonicAfter: $0) }
        while true {
            if let result = body(&state) { return result }
            guard deadline != nil else {
                unsafe pthread_cond_wait(condition, mutex)
                continue
            }
            if unsafe pthread_cond_timedwait(condition, mutex, &deadline!) == ETIMEDOUT { return body(&state) }
        }
    }
}

extension timespec {
    init(monotonicAfter milliseconds: Int64) {
        self.init()
        unsafe clock_gettime(CLOCK_MONOTONIC, &self)
        let nanoseconds = Int64(tv_nsec) + milliseconds % 1000 * 1_000_000
        tv_sec += Int(milliseconds / 1000 + nanoseconds / 1_000_000_000)
        tv_nsec = Int(nanoseconds % 1_000_000_000)
    }
}
