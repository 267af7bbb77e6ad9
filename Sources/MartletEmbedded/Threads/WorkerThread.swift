import Glibc
import Synchronization

/// A thread that runs one function and is joined.
final class WorkerThread: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let thread: Mutex<pthread_t?>

    /// Nil where the system gives no more threads.
    init?(_ run: @escaping @Sendable () -> Void) {
        let body = unsafe Unmanaged.passRetained(Body(run))
        var made = pthread_t()
        let error = unsafe pthread_create(
            &made, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                body.run()
                return nil
            }, body.toOpaque())
        guard error == 0 else {
            unsafe body.release()
            return nil
        }
        thread = Mutex(made)
    }

    /// Waits for the function's end. Must not be called on the thread itself.
    func join() {
        let joined = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let joined { pthread_join(joined, nil) }
    }
}
