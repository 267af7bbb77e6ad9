/// A few threads on which reads and late answers run, in the order given where there is one thread.
final class ReaderPool: Sendable {
    typealias Job = @Sendable () -> Void

    private struct Queue: Sendable {
        var jobs: [Job] = []
        var head = 0
        var isClosed = false

        mutating func take() -> Job? {
            guard head < jobs.count else { return nil }
            let job = jobs[head]
            head += 1
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 1024 {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    private let queue = Monitor(Queue())
    private let threads: [WorkerThread]

    init(threads count: Int) {
        let queue = queue
        threads = (0..<max(count, 1)).compactMap { _ in WorkerThread { ReaderPool.run(queue) } }
    }

    private static func run(_ queue: Monitor<Queue>) {
        Database.countNothingOnThisThread()
        while true {
            let next: Job?? = queue.wait { state in
                if let job = state.take() { return .some(job) }
                return state.isClosed ? .some(nil) : nil
            }
            guard let job = next ?? nil else { return }
            job()
        }
    }

    /// Never runs `job` before it returns. After `close` the job runs on a thread that is ending, or not at all.
    func submit(_ job: @escaping Job) {
        queue.withLock { $0.jobs.append(job) }
        queue.signal()
    }

    /// Runs what was submitted, then ends the threads.
    func close() {
        queue.withLock { $0.isClosed = true }
        queue.broadcast()
        for thread in threads { thread.join() }
    }
}
