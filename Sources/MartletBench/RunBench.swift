internal import Glibc
internal import MartletIO
internal import Synchronization

/// Measures a running cluster from this process, on loops of its own, and checks that what was accepted arrived once
/// and in order. Takes as long as its options say and blocks the caller.
///
/// Throws if nothing could be measured: bad options, or not all users could connect. A run whose check fails is
/// reported: see `BenchReport.check`.
public func runBench(_ options: BenchOptions) throws -> BenchReport {
    try options.check()
    raiseDescriptorLimit()
    let run = BenchRun(options)
    try run.start()
    defer { run.end() }
    return options.kind == .idle ? try run.measureIdle() : try run.measureMessages()
}

/// The driver: tells the loops what to do, and looks at them from time to time.
final class BenchRun {
    private let options: BenchOptions
    private let loops: [EventLoop<BenchLoop>]
    private static let connectSeconds = 60
    private static let drainSeconds = 10

    init(_ options: BenchOptions) {
        self.options = options
        let names = BenchNames(prefix: BenchRun.prefix(options))
        loops = (0..<options.loops).map { index in
            let first = options.users * index / options.loops
            let count = options.users * (index + 1) / options.loops - first
            return EventLoop(name: "bench/\(index)", configuration: BenchRun.configuration(options)) {
                BenchLoop(options: options, names: names, first: first, count: count)
            }
        }
    }

    private static func prefix(_ options: BenchOptions) -> String {
        if options.server == .floor { return "u" }
        return "bench-" + randomBytes(4).map { String($0, radix: 16) }.joined() + "-"
    }

    private static func configuration(_ options: BenchOptions) -> LoopConfiguration {
        var configuration = LoopConfiguration()
        configuration.tickMilliseconds = options.rate == nil ? 10 : 1
        configuration.maxConnections = options.users + 16
        configuration.maxHeldBytes = 1 << 20
        configuration.lingerMilliseconds = 100
        configuration.stopMilliseconds = 500
        return configuration
    }

    func start() throws {
        for loop in loops { try loop.start() }
    }

    func end() {
        for loop in loops { loop.kill() }
    }

    // MARK: - Kinds

    func measureMessages() throws -> BenchReport {
        try connect(options.users)
        post(.send)
        pause(Double(options.warmupSeconds))
        let before = try sample()
        post(.mark)
        options.progress("measuring for \(options.seconds) s")
        pause(Double(options.seconds))
        post(.stop)
        let after = try sample()
        drain()
        return report(before, after)
    }

    func measureIdle() throws -> BenchReport {
        var steps: [(connections: Int, bytes: Int)] = []
        for connections in [options.idleBase, options.users] {
            try connect(connections)
            let bytes = try settledMemory()
            options.progress("\(grouped(connections)) connections: \(grouped(bytes / 1024)) KiB of anonymous memory")
            steps.append((connections, bytes))
        }
        pause(Double(options.seconds))
        var report = report(nil, nil)
        report.serverMemoryBytes = steps[1].bytes
        report.bytesPerConnection =
            Double(steps[1].bytes - steps[0].bytes) / Double(steps[1].connections - steps[0].connections)
        return report
    }

    // MARK: - Steps

    private func connect(_ count: Int) throws {
        options.progress("connecting \(grouped(count)) users")
        for (index, loop) in loops.enumerated() {
            loop.post(.connect(count * (index + 1) / loops.count - count * index / loops.count))
        }
        var tally = self.tally()
        let deadline = Clock.monotonicMilliseconds + Int64(BenchRun.connectSeconds * 1000)
        while tally.total.connected < count, tally.total.refused == 0, Clock.monotonicMilliseconds < deadline {
            pause(0.02)
            tally = self.tally()
        }
        guard tally.total.connected >= count else {
            throw BenchError(
                "\(grouped(tally.total.connected)) of \(grouped(count)) users connected; \(tally.complaint ?? "no answer")"
            )
        }
    }

    /// Waits for what is under way, as long as something of it still comes.
    private func drain() {
        var open = Int.max, deadline: Int64 = 0
        while true {
            let left = tally().open, now = Clock.monotonicMilliseconds
            if left != open { (open, deadline) = (left, now + Int64(BenchRun.drainSeconds * 1000)) }
            if left == 0 || now >= deadline { return }
            pause(0.05)
        }
    }

    /// The server's memory once three looks in a row differ by less than half a percent; for at most ten seconds.
    private func settledMemory() throws -> Int {
        var looks: [Int] = []
        for _ in 0..<20 {
            pause(0.5)
            looks.append(try sample()?.anonymousBytes ?? 0)
            if let low = looks.suffix(3).min(), let high = looks.suffix(3).max(), looks.count >= 3,
                high - low < high / 200
            {
                break
            }
        }
        return looks.last ?? 0
    }

    private func sample() throws -> ProcessSample? {
        guard let processID = options.processID else { return nil }
        return try ProcessSample(processID)
    }

    private func report(_ before: ProcessSample?, _ after: ProcessSample?) -> BenchReport {
        let tally = tally()
        var report = BenchReport(kind: options.kind, users: options.users)
        report.seconds = Double(tally.windowDuration) / 1e9
        report.messages =
            options.kind == .durable ? min(tally.window.accepted, tally.window.arrived) : tally.window.arrived
        report.delivery = tally.delivery
        report.acceptance = tally.acceptance
        report.check = BenchCheck(tally)
        if let before, let after {
            report.serverCPUSeconds = after.cpuSeconds - before.cpuSeconds
            report.serverMemoryBytes = after.anonymousBytes
        }
        return report
    }

    // MARK: - Loops

    private func post(_ command: BenchCommand) {
        for loop in loops { loop.post(command) }
    }

    /// Of all loops together.
    private func tally() -> Tally {
        let answers = TallyAnswers()
        for loop in loops { loop.post(.report { answers.add($0) }) }
        while answers.count < loops.count { pause(0.001) }
        return answers.sum
    }

    private func pause(_ seconds: Double) {
        usleep(UInt32(seconds * 1e6))
    }
}

/// Adds up what loops answer, each on its own thread.
private final class TallyAnswers: Sendable {
    private let state = Mutex((sum: Tally(), count: 0))

    func add(_ tally: Tally) {
        state.withLock { state in
            state.sum.add(tally)
            state.count += 1
        }
    }

    var count: Int { state.withLock { $0.count } }
    var sum: Tally { state.withLock { $0.sum } }
}

extension BenchCheck {
    init(_ tally: Tally) {
        sent = tally.total.sent
        accepted = tally.total.accepted
        arrived = tally.total.arrived
        duplicates = tally.total.duplicates
        missing = tally.total.missing
        open = tally.open
        deferred = tally.total.deferred
        skipped = tally.total.skipped
        failures = tally.total.failures
        refused = tally.total.refused
        lostConnections = tally.total.lost
        complaint = tally.complaint
    }
}

/// As many descriptors as the system allows: each user takes one.
private func raiseDescriptorLimit() {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
