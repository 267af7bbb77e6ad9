import MartletCore

@testable import MartletIO

enum ProbeEvent: Sendable, Equatable {
    case accepted(StreamID, listener: Int)
    case connected(StreamID, token: UInt64)
    case connectFailed(token: UInt64, error: Int32)
    case received(StreamID, [UInt8])
    case drained(StreamID)
    case closed(StreamID, StreamCloseReason)
    case batch(Int)
    case ticked
    case stopping
    case note(String)

    var acceptedStream: StreamID? { if case .accepted(let stream, _) = self { stream } else { nil } }
    var connectedStream: StreamID? { if case .connected(let stream, _) = self { stream } else { nil } }
    var closeReason: StreamCloseReason? { if case .closed(_, let reason) = self { reason } else { nil } }
    var isDrained: Bool { if case .drained = self { true } else { false } }
}

/// What a test's handler does; the default swallows.
struct ProbeBehaviour: Sendable {
    var received: @Sendable (Probe, StreamID, inout MutableRawSpan) -> Int = { _, _, bytes in bytes.byteCount }
    var accepted: @Sendable (Probe, StreamID) -> Void = { _, _ in }
    var connected: @Sendable (Probe, StreamID) -> Void = { _, _ in }
    var closed: @Sendable (Probe, StreamID) -> Void = { _, _ in }
    var drained: @Sendable (Probe, StreamID) -> Void = { _, _ in }
    var ticked: @Sendable (Probe) -> Void = { _ in }
    var willFlush: @Sendable (Probe) -> Void = { _ in }
    var stopping: @Sendable (Probe) -> Void = { _ in }

    static let echo = ProbeBehaviour { probe, stream, bytes in
        probe.io.write(stream, bytes.bytes)
        return bytes.byteCount
    }

    init(_ received: (@Sendable (Probe, StreamID, inout MutableRawSpan) -> Int)? = nil) {
        if let received { self.received = received }
    }
}

/// Records what its loop tells it, and runs what a test posts.
final class Probe: LoopHandler {
    typealias Message = @Sendable (Probe) -> Void

    let recorder: Recorder<ProbeEvent>
    let behaviour: ProbeBehaviour
    private var held: LoopIO?
    var counter = 0

    var io: LoopIO { held! }

    init(recorder: Recorder<ProbeEvent>, behaviour: ProbeBehaviour) {
        self.recorder = recorder
        self.behaviour = behaviour
    }

    func started(_ io: LoopIO) { held = io }

    func accepted(_ stream: StreamID, listener: Int) {
        recorder.record(.accepted(stream, listener: listener))
        behaviour.accepted(self, stream)
    }

    func connected(_ stream: StreamID, token: UInt64) {
        recorder.record(.connected(stream, token: token))
        behaviour.connected(self, stream)
    }

    func connectFailed(token: UInt64, error: Int32) { recorder.record(.connectFailed(token: token, error: error)) }

    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        behaviour.received(self, stream, &bytes)
    }

    func drained(_ stream: StreamID) {
        recorder.record(.drained(stream))
        behaviour.drained(self, stream)
    }

    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {
        recorder.record(.closed(stream, reason))
        behaviour.closed(self, stream)
    }

    func messages(_ batch: inout [Message]) {
        recorder.record(.batch(batch.count))
        for message in batch { message(self) }
    }

    func ticked(_ now: Now) { behaviour.ticked(self) }
    func willFlush() { behaviour.willFlush(self) }

    func stopping() {
        recorder.record(.stopping)
        behaviour.stopping(self)
    }
}

/// A loop with a probe on it, listening if asked to.
final class TestLoop: Sendable {
    let recorder = Recorder<ProbeEvent>()
    let loop: EventLoop<Probe>

    init(_ behaviour: ProbeBehaviour = ProbeBehaviour(), configure: (inout LoopConfiguration) -> Void = { _ in }) throws
    {
        var configuration = LoopConfiguration()
        configuration.tickMilliseconds = 10
        // So that a megabyte is more than the kernel takes.
        configuration.sendBufferBytes = 32 * 1024
        configure(&configuration)
        loop = EventLoop(name: "test", configuration: configuration) { [recorder] in
            Probe(recorder: recorder, behaviour: behaviour)
        }
        try loop.start()
    }

    /// Runs `body` on the loop and waits for its result.
    func run<Result: Sendable>(_ body: @escaping @Sendable (Probe) -> Result) -> Result {
        let answer = Answer<Result>()
        loop.post { probe in answer.set(body(probe)) }
        return answer.wait()
    }

    func listen(reusePort: Bool = false, address: String = "127.0.0.1", port: UInt16 = 0) throws -> UInt16 {
        try run { probe in
            Result { try probe.io.listen(address: address, port: port, listener: 7, reusePort: reusePort) }
        }.get()
    }

    func acceptedStreams(_ count: Int) -> [StreamID] {
        recorder.wait { $0.count { $0.acceptedStream != nil } >= count }
        return recorder.events.compactMap(\.acceptedStream)
    }

    func waitForClose() -> StreamCloseReason? {
        recorder.wait { $0.contains { $0.closeReason != nil } }
        return recorder.events.compactMap(\.closeReason).first
    }
}

extension MutableRawSpan {
    var array: [UInt8] { (0..<byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) } }
}

extension TestLoop {
    /// Asks the loop again and again until its counters say so; each question is answered by an iteration.
    func waitUntil(_ holds: (LoopCounters) -> Bool) -> Bool {
        let deadline = Clock.monotonicMilliseconds + 60_000
        while !holds(loop.counters) {
            if Clock.monotonicMilliseconds > deadline { return false }
            run { _ in }
        }
        return true
    }
}
