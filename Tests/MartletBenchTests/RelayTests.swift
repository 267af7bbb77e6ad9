import MartletBench
import MartletCore
import MartletIO
import MartletProtocol
import Synchronization
import Testing

/// The generator against a relay that misbehaves on purpose: its check must find out.
@Suite struct RelayTests {
    @Test(arguments: [1, 2])
    func anHonestRelayPasses(_ loops: Int) throws {
        let report = try measure(.honest) { $0.loops = loops }
        #expect(report.check.holds)
        #expect(report.messages > 0)
        #expect(report.check.arrived == report.check.sent)
        #expect(report.delivery.quantile(0.5) > 0)
    }

    @Test func aPacedRunKeepsItsRate() throws {
        let report = try measure(.honest) { $0.rate = 200 }
        #expect(report.check.holds)
        #expect((150...210).contains(report.messages))
    }

    @Test func aDoubledMessageIsFound() throws {
        let report = try measure(.doubling)
        #expect(report.check.duplicates > 0)
        #expect(!report.check.holds)
    }

    @Test func aLostMessageIsFound() throws {
        let report = try measure(.losing) { $0.rate = 200 }
        #expect(report.check.missing > 0)
        #expect(!report.check.holds)
    }

    @Test func aClosedConnectionIsFound() throws {
        let report = try measure(.closing)
        #expect(report.check.lostConnections > 0)
        #expect(!report.check.holds)
    }

    private func measure(
        _ fault: FakeFloor.Fault, _ change: (inout BenchOptions) -> Void = { _ in }
    ) throws -> BenchReport {
        let port = PortHolder()
        let server = EventLoop(name: "fake") { FakeFloor(fault, port) }
        try server.start()
        defer { server.kill() }
        var options = BenchOptions(kind: .relay, endpoints: [.init(host: "127.0.0.1", port: port.value)]) { _ in "" }
        options.server = .floor
        options.users = 10
        options.seconds = 1
        options.warmupSeconds = 0
        change(&options)
        return try runBench(options)
    }
}

private final class PortHolder: Sendable {
    private let port = Atomic<UInt16>(0)
    var value: UInt16 { port.load(ordering: .acquiring) }
    func set(_ value: UInt16) { port.store(value, ordering: .releasing) }
}

/// Does what `Benchmarks/Floor` does, or nearly.
private final class FakeFloor: LoopHandler {
    enum Fault: Sendable { case honest, doubling, losing, closing }
    typealias Message = Never

    private struct Row {
        var user = -1
        var isGreeted = false
        var parser = WebSocketParser(role: .server, maxMessageBytes: 1 << 16)
    }

    private let fault: Fault
    private let port: PortHolder
    private var held: LoopIO?
    private var rows: [StreamID: Row] = [:]
    private var streams: [Int: StreamID] = [:]
    private var relayed = 0

    init(_ fault: Fault, _ port: PortHolder) {
        self.fault = fault
        self.port = port
    }

    func started(_ io: LoopIO) {
        held = io
        do { port.set(try io.listen(address: "127.0.0.1", port: 0, listener: 0)) } catch { Issue.record(error) }
    }

    func accepted(_ stream: StreamID, listener: Int) { rows[stream] = Row() }

    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        if rows[stream]?.user == -1 { return upgrade(stream, bytes.bytes) }
        var offset = 0
        while case .message(_, let range)? = rows[stream]?.parser.next(in: &bytes, from: &offset) {
            take(stream, bytes.bytes.extracting(range))
        }
        return offset
    }

    private func upgrade(_ stream: StreamID, _ bytes: RawSpan) -> Int {
        guard case .head(let head, let consumed) = RequestHead.read(bytes, limits: Limits()),
            let user = head.queryValue("user").flatMap({ Int($0) })
        else { return 0 }
        rows[stream]?.user = user
        streams[user] = stream
        held!.withOutput(of: stream) {
            HTTPResponse.appendUpgrade(key: head.webSocketKey ?? "", encoding: .proto, into: &$0)
        }
        return consumed
    }

    private func take(_ stream: StreamID, _ frame: RawSpan) {
        guard rows[stream]?.isGreeted == true else {
            rows[stream]?.isGreeted = true
            return
        }
        guard case .signal(let signal) = try? FrameCodec.decodeClient(frame, .proto, limits: Limits()).frame,
            let to = Int(signal.to.key.description.dropFirst()).flatMap({ streams[$0] })
        else { return }
        relayed += 1
        let isFaulty = relayed % 20 == 0
        if fault == .losing, isFaulty { return }
        if fault == .closing, isFaulty { return held!.reset(to) }
        for _ in 0..<(fault == .doubling && isFaulty ? 2 : 1) { pass(frame, to) }
    }

    private func pass(_ frame: RawSpan, _ stream: StreamID) {
        held!.withOutput(of: stream) {
            WebSocketWriter.appendFrame(opcode: .binary, payload: Span(_bytes: frame), into: &$0)
        }
    }

    func closed(_ stream: StreamID, _ reason: StreamCloseReason) { rows[stream] = nil }
    func connected(_ stream: StreamID, token: UInt64) {}
    func connectFailed(token: UInt64, error: Int32) {}
    func drained(_ stream: StreamID) {}
    func messages(_ batch: inout [Never]) {}
    func ticked(_ now: Now) {}
    func willFlush() {}
    func stopping() {}
}
