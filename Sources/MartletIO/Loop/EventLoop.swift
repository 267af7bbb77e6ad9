internal import Synchronization

/// A thread, a libuv loop, and the handler that lives on it.
public final class EventLoop<Handler: LoopHandler>: Sendable {
    public let name: String
    public let configuration: LoopConfiguration
    public let counters = LoopCounters()
    private let factory: @Sendable () -> Handler
    private let mailbox: Mailbox<Handler.Message>
    private let thread = Mutex<NamedThread?>(nil)

    /// `factory` runs once, on the loop's thread.
    public init(
        name: String, configuration: LoopConfiguration = LoopConfiguration(), factory: @escaping @Sendable () -> Handler
    ) {
        self.name = name
        self.configuration = configuration
        self.factory = factory
        mailbox = Mailbox(capacity: configuration.mailboxCapacity)
    }

    /// Returns when the handler's `started` has returned. Only once in a loop's life.
    public func start() throws(SocketError) {
        let outcome = StartOutcome()
        let thread = try NamedThread(name: name) { [self] in run(outcome) }
        self.thread.withLock {
            precondition($0 == nil, "a loop starts once")
            $0 = thread
        }
        if let error = outcome.wait() { throw error }
    }

    /// From any thread, at any time; what is posted before `start` waits for it.
    @discardableResult
    public func post(_ message: Handler.Message) -> PostOutcome { mailbox.post(message) }

    /// All or none of them.
    @discardableResult
    public func post(contentsOf messages: [Handler.Message]) -> PostOutcome { mailbox.post(contentsOf: messages) }

    /// Past the limit: for answers to what the loop itself asked, of which there are no more than it asked. Dropped,
    /// one of them would leave it waiting for ever.
    @discardableResult
    public func postAlways(_ message: Handler.Message) -> PostOutcome { mailbox.postAlways(message) }

    /// Takes as many of the first messages as there is room for, out of the array. `full`: some stay in it, for later.
    public func move(from messages: inout [Handler.Message]) -> PostOutcome { mailbox.move(from: &messages) }

    /// Tells the handler, ends all streams in order (for at most `stopMilliseconds`) and waits for the thread's end.
    /// Not on the loop's own thread.
    public func stop() { finish(with: .stop) }

    /// Drops everything at once, without a goodbye: sockets are reset, what was posted is lost, the handler hears
    /// nothing more. Waits for the thread's end. For fault tests; not on the loop's own thread.
    public func kill() { finish(with: .kill) }

    /// Stops the loop's thread for a time, as if the process had been stopped; `stop` and `kill` wake it. For fault tests.
    public func pause(milliseconds: UInt64) { mailbox.command(.pause(milliseconds: milliseconds)) }

    private func finish(with command: LoopCommand) {
        mailbox.command(command)
        thread.withLock { $0 }?.join()
        mailbox.end()
    }

    private func run(_ outcome: StartOutcome) {
        do throws(SocketError) {
            let io = try LoopIO(configuration: configuration, counters: counters)
            let driver = LoopDriver(handler: factory(), mailbox: mailbox, io: io)
            unsafe io.events = driver
            mailbox.attach(io.waker)
            driver.start()
            outcome.set(nil)
            withExtendedLifetime(driver) { io.run() }
        } catch {
            mailbox.end()
            outcome.set(error)
        }
    }
}

/// Hands the outcome of a start from the loop's thread to the one that waits for it.
private final class StartOutcome: Sendable {
    private let condition = Condition()
    private let value = Mutex<SocketError??>(nil)

    func set(_ error: SocketError?) {
        condition.lock()
        value.withLock { $0 = .some(error) }
        condition.broadcast()
        condition.unlock()
    }

    func wait() -> SocketError? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let error = value.withLock({ $0 }) { return error }
            condition.wait()
        }
    }
}
