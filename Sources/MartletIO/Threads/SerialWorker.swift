/// A thread that runs jobs one after the other, in the order in which they were submitted. For work that blocks.
public final class SerialWorker: Sendable {
    public typealias Job = @Sendable () -> Void
    private let worker: BatchWorker<Job>

    public init(name: String, capacity: Int = 65_536) throws(SocketError) {
        worker = try BatchWorker(name: name, capacity: capacity) { jobs in
            for job in jobs { job() }
        }
    }

    /// From any thread. `full` and `ended` take nothing.
    @discardableResult
    public func submit(_ job: @escaping Job) -> PostOutcome { worker.submit(job) }

    /// Runs what was submitted and waits for the thread's end. Not from a job.
    public func stop() { worker.stop() }

    /// Drops what waits and waits for the end of the jobs at hand. For fault tests.
    public func kill() { worker.kill() }
}
