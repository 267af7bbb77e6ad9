internal import CUV
internal import Glibc

/// A mutex with a condition variable that waits on the monotonic clock.
@safe public final class Condition: @unchecked Sendable {
    // Both are made for use by many threads and live at a fixed address until the last reference is gone.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let variable = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    public init() {
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe variable.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(variable, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(variable)
        unsafe pthread_mutex_destroy(mutex)
        unsafe variable.deallocate()
        unsafe mutex.deallocate()
    }

    public func lock() { unsafe _ = pthread_mutex_lock(mutex) }
    public func unlock() { unsafe _ = pthread_mutex_unlock(mutex) }
    public func signal() { unsafe _ = pthread_cond_signal(variable) }
    public func broadcast() { unsafe _ = pthread_cond_broadcast(variable) }

    /// With the lock held. May return early: look again.
    public func wait() { unsafe _ = pthread_cond_wait(variable, mutex) }

    public func wait(milliseconds: Int64) {
        let deadline = Clock.monotonicNanoseconds + UInt64(milliseconds) * 1_000_000
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        unsafe _ = pthread_cond_timedwait(variable, mutex, &time)
    }
}
