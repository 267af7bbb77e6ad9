internal import Glibc
internal import Synchronization

/// Takes lines from any thread and writes them on one of its own: a slow reader of standard error delays nobody.
/// What does not fit into the queue is dropped and counted, and the count is written when there is room.
final class LogSink: Sendable {
    static let standardError = LogSink(descriptor: STDERR_FILENO)
    private static let maxQueuedBytes = 1 << 20

    private struct Queue {
        var bytes: [UInt8] = []
        var dropped = 0
        var isWriting = false
        var hasThread = false
    }

    private let descriptor: Int32
    private let queue = Mutex(Queue())
    private let condition = Condition()
    private let levelValue = Atomic(LogLevel.info.rawValue)
    private let formatValue = Atomic(LogFormat.text.rawValue)

    init(descriptor: Int32) { self.descriptor = descriptor }

    var level: LogLevel {
        get { LogLevel(rawValue: levelValue.load(ordering: .relaxed)) ?? .info }
        set { levelValue.store(newValue.rawValue, ordering: .relaxed) }
    }

    var format: LogFormat {
        get { LogFormat(rawValue: formatValue.load(ordering: .relaxed)) ?? .text }
        set { formatValue.store(newValue.rawValue, ordering: .relaxed) }
    }

    func write(_ line: String) {
        condition.lock()
        defer { condition.unlock() }
        let needsThread = queue.withLock { queue in
            guard queue.bytes.count + line.utf8.count <= LogSink.maxQueuedBytes else {
                queue.dropped += 1
                return false
            }
            queue.bytes.append(contentsOf: line.utf8)
            defer { queue.hasThread = true }
            return !queue.hasThread
        }
        if needsThread { startThread() }
        condition.broadcast()
    }

    /// Waits until all lines are written.
    func flush() {
        condition.lock()
        defer { condition.unlock() }
        while queue.withLock({ !$0.bytes.isEmpty || $0.isWriting }) { condition.wait() }
    }

    private func startThread() {
        let started = try? NamedThread(name: "log") { [self] in run() }
        // Without a thread a line is better late than lost: the next one tries again.
        if started == nil { queue.withLock { $0.hasThread = false } }
    }

    private func run() {
        while true {
            condition.lock()
            while queue.withLock({ $0.bytes.isEmpty }) { condition.wait() }
            condition.unlock()
            writeAll(takeQueued())
            condition.lock()
            queue.withLock { $0.isWriting = false }
            condition.broadcast()
            condition.unlock()
        }
    }

    private func takeQueued() -> [UInt8] {
        queue.withLock { queue in
            var bytes: [UInt8] = []
            swap(&bytes, &queue.bytes)
            if queue.dropped > 0 { bytes += Array("\(queue.dropped) log lines dropped: the reader is slow\n".utf8) }
            queue.dropped = 0
            queue.isWriting = true
            return bytes
        }
    }

    private func writeAll(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                retryingInterrupts {
                    unsafe Glibc.write(descriptor, buffer.baseAddress! + written, bytes.count - written)
                }
            }
            // Nobody reads any more: there is no better place to say so.
            guard count > 0 else { return }
            written += count
        }
    }
}
