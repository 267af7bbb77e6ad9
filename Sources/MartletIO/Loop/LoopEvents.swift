internal import MartletCore

/// What a loop tells its handler, without the handler's type: a C callback reaches it by one virtual call.
class LoopEvents {
    func accepted(_ stream: StreamID, listener: Int) {}
    func connected(_ stream: StreamID, token: UInt64) {}
    func connectFailed(token: UInt64, error: Int32) {}
    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int { bytes.byteCount }
    func drained(_ stream: StreamID) {}
    func readable(_ watch: WatchID) {}
    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {}
    func ticked(_ now: Now) {}
    func willFlush() {}
    func stopping() {}
    /// The loop's mailbox has something.
    func woken() {}
    /// The last call: the loop's handles are about to close, nobody may wake it any more.
    func ending() {}
}

/// Passes what happens to one handler.
final class LoopDriver<Handler: LoopHandler>: LoopEvents {
    private let handler: Handler
    private let mailbox: Mailbox<Handler.Message>
    private let io: LoopIO
    private var batch: [Handler.Message] = []

    init(handler: Handler, mailbox: Mailbox<Handler.Message>, io: LoopIO) {
        self.handler = handler
        self.mailbox = mailbox
        self.io = io
    }

    func start() { handler.started(io) }

    override func accepted(_ stream: StreamID, listener: Int) { handler.accepted(stream, listener: listener) }
    override func connected(_ stream: StreamID, token: UInt64) { handler.connected(stream, token: token) }
    override func connectFailed(token: UInt64, error: Int32) { handler.connectFailed(token: token, error: error) }
    override func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        handler.received(stream, &bytes)
    }
    override func drained(_ stream: StreamID) { handler.drained(stream) }
    override func readable(_ watch: WatchID) { handler.readable(watch) }
    override func closed(_ stream: StreamID, _ reason: StreamCloseReason) { handler.closed(stream, reason) }
    override func ticked(_ now: Now) { handler.ticked(now) }
    override func willFlush() { handler.willFlush() }
    override func stopping() { handler.stopping() }

    override func ending() { mailbox.end() }

    /// Messages that were posted before a command are handed over before it is obeyed, except before `kill`.
    override func woken() {
        let commands = mailbox.take(&batch)
        for case .pause(let milliseconds) in commands { mailbox.gate.wait(milliseconds: milliseconds) }
        if commands.contains(.kill) || mailbox.isKilled { return io.kill() }
        if !batch.isEmpty {
            io.counters.messages.add(UInt64(batch.count))
            handler.messages(&batch)
            recycleBatch()
        }
        if commands.contains(.stop) { io.stop() }
    }

    private func recycleBatch() {
        if batch.count > 65_536 { batch = [] } else { batch.removeAll(keepingCapacity: true) }
    }
}
