internal import CUV
public import MartletCore

/// A loop as its handler sees it: streams, listeners, time. Belongs to the loop's thread.
///
/// Nothing here calls the handler before it returns, and nothing here blocks.
@safe public final class LoopIO {
    public let configuration: LoopConfiguration
    public let counters: LoopCounters

    let loop: UnsafeMutablePointer<uv_loop_t>
    let handles: UnsafeMutablePointer<LoopHandles>
    let readBuffer: UnsafeMutableRawPointer
    var rows = RowSlab()
    var buffers = BufferPool()
    var outputs = OutputPool()
    var requests = WriteRequestPool()
    var listeners = ListenerTable()
    var watches = WatchTable()
    /// Rows with gathered output, in the order of their first byte.
    var dirty: [StreamID] = []
    /// Scratch that `dirty` is swapped with.
    var flushing: [StreamID] = []
    var gatheredBytes = 0
    var drainedStreams: [StreamID] = []
    var resumedStreams: [StreamID] = []
    var lingering = DeadlineQueue<StreamID>()
    var connecting = DeadlineQueue<StreamID>()
    var pendingConnects: [ConnectAttempt] = []
    var resolving: [ConnectAttempt] = []
    var acceptResumesAt: Int64?
    /// No warning that accepting pauses before this time.
    var acceptWarningDue: Int64 = 0
    var stopDeadline: Int64 = 0
    var phase = Phase.running
    /// Wall minus monotonic milliseconds, looked at once an iteration.
    var wallOffset: Int64 = 0
    /// The driver; it outlives the run of the loop.
    unowned(unsafe) var events: LoopEvents
    private let none = LoopEvents()

    enum Phase { case running, stopping, killed, ended }

    static let log = Logger(component: "loop")

    init(configuration: LoopConfiguration, counters: LoopCounters) throws(SocketError) {
        self.configuration = configuration
        self.counters = counters
        unsafe events = none
        unsafe loop = .allocate(capacity: 1)
        unsafe loop.initialize(to: uv_loop_t())
        unsafe handles = .allocate(capacity: 1)
        unsafe handles.initialize(to: LoopHandles())
        unsafe readBuffer = .allocate(byteCount: configuration.readBufferBytes, alignment: 64)
        try SocketError.check("uv_loop_init", unsafe uv_loop_init(loop))
        try startHandles()
    }

    deinit {
        unsafe readBuffer.deallocate()
        unsafe handles.deallocate()
        unsafe loop.deallocate()
    }

    /// The time at which this iteration's events were taken; costs nothing.
    public var now: Now {
        let monotonic = unsafe Int64(uv_now(loop))
        return Now(wall: monotonic + wallOffset, monotonic: monotonic)
    }

    /// The monotonic clock as it is now, for measuring.
    public var nanoseconds: UInt64 { Clock.monotonicNanoseconds }

    /// Streams that exist, closing and connecting ones included.
    public var openStreams: Int { rows.count }

    // MARK: - Listening and connecting

    /// Listens on a numeric address; port 0 takes a free one. Returns the port. `listener` comes back in `accepted`.
    @discardableResult
    public func listen(
        address: String, port: UInt16, listener: Int, reusePort: Bool = false
    ) throws(SocketError) -> UInt16 {
        try openListener(SocketAddress(host: address, port: port), id: listener, reusePort: reusePort)
    }

    /// Accepts no more on `listener`; what was accepted stays.
    public func stopListening(_ listener: Int) { closeListeners { $0 == listener } }

    /// Answered by `connected` or `connectFailed` with `token`. `host` is a name or a numeric address; a name's
    /// addresses are tried one after the other, each for `connectTimeoutMilliseconds`.
    public func connect(host: String, port: UInt16, token: UInt64) {
        beginConnect(SocketAddress(host: host, port: port), token: token)
    }

    // MARK: - Writing

    /// Gathers `bytes` behind what the stream has to send. Copies; goes out at the next flush, in order.
    @discardableResult
    public func write(_ stream: StreamID, _ bytes: RawSpan) -> WriteOutcome {
        withOutput(of: stream) { output in
            unsafe bytes.withUnsafeBytes { unsafe output.append(contentsOf: $0) }
        }
    }

    @discardableResult
    public func write(_ stream: StreamID, _ bytes: Span<UInt8>) -> WriteOutcome { unsafe write(stream, bytes.bytes) }

    /// Lets `body` append to what the stream has to send, for encoding in place. It must not remove anything, nor
    /// write to the same stream by another way.
    @discardableResult
    public func withOutput(of stream: StreamID, _ body: (inout [UInt8]) -> Void) -> WriteOutcome {
        guard let row = unsafe live(stream) else { return .gone }
        let before = unsafe row.pointee.output.count
        if unsafe row.pointee.output.capacity == 0 { unsafe row.pointee.output = outputs.take() }
        unsafe body(&row.pointee.output)
        return unsafe gathered(row, added: row.pointee.output.count - before)
    }

    /// Bytes that the stream has to send and the kernel did not take.
    public func pendingOutputBytes(of stream: StreamID) -> Int {
        guard let row = unsafe rows.find(stream) else { return 0 }
        return unsafe pendingOutput(row)
    }

    // MARK: - Flow

    /// Reads no more from the stream until `resumeReading`, so that TCP makes the peer wait. Nor is its end noticed.
    public func pauseReading(_ stream: StreamID) {
        guard let row = unsafe live(stream), unsafe !row.pointee.flags.contains(.paused) else { return }
        unsafe row.pointee.flags.insert(.paused)
        unsafe uv_read_stop(row.stream)
    }

    /// Reads on. Bytes that are held are given to `received` again, soon.
    public func resumeReading(_ stream: StreamID) {
        guard let row = unsafe live(stream), unsafe row.pointee.flags.contains(.paused) else { return }
        unsafe row.pointee.flags.remove(.paused)
        if unsafe row.pointee.heldCount > 0 { resumedStreams.append(stream) }
        unsafe startReading(row)
    }

    // MARK: - Ending

    /// Sends what was gathered, then ends the connection; for at most `lingerMilliseconds`. Nothing is received any
    /// more; `closed` comes later.
    public func close(_ stream: StreamID) {
        guard let row = unsafe live(stream) else { return }
        unsafe end(row, .local)
    }

    /// Drops what was gathered and resets the connection; `closed` comes later.
    public func reset(_ stream: StreamID) {
        guard let row = unsafe rows.find(stream), unsafe !row.pointee.flags.contains(.closing) else { return }
        if unsafe !row.pointee.flags.contains(.ending) { unsafe row.pointee.closeKind = .local }
        unsafe resetNow(row)
    }

    // MARK: - Addresses

    public func localAddress(of stream: StreamID) -> SocketAddress? { unsafe address(of: stream, uv_tcp_getsockname) }
    public func peerAddress(of stream: StreamID) -> SocketAddress? { unsafe address(of: stream, uv_tcp_getpeername) }

    private func address(
        of stream: StreamID,
        _ look: (UnsafePointer<uv_tcp_t>?, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<Int32>?) -> Int32
    ) -> SocketAddress? {
        guard let row = unsafe rows.find(stream) else { return nil }
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let code = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe look(row.tcp, $0, &length) }
        }
        return code == 0 ? SocketAddress(storage) : nil
    }

    /// The row of a stream that its handler may still use.
    func live(_ stream: StreamID) -> UnsafeMutablePointer<Row>? {
        guard let row = unsafe rows.find(stream), unsafe row.pointee.flags.isDisjoint(with: .over) else { return nil }
        return unsafe row
    }
}

extension UnsafeMutablePointer<Row> {
    var tcp: UnsafeMutablePointer<uv_tcp_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_tcp_t.self)
    }
    var stream: UnsafeMutablePointer<uv_stream_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_stream_t.self)
    }
    var handle: UnsafeMutablePointer<uv_handle_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_handle_t.self)
    }
    var id: StreamID { unsafe StreamID(index: pointee.index, generation: pointee.generation) }

    /// Negative if the row has no socket.
    var descriptor: Int32 {
        var descriptor: Int32 = -1
        unsafe _ = uv_fileno(handle, &descriptor)
        return descriptor
    }
}
