import MartletCore
import Synchronization
import Testing

@testable import MartletIO

@Suite struct WatchTests {
    @Test func aWatchedDescriptorWakesTheLoop() throws {
        let (loop, recorder) = try WatchingHandler.loop()
        defer { loop.stop() }
        let wake = try WakeDescriptor()
        let watch = try WatchingHandler.watch(wake, on: loop)
        wake.wake()
        #expect(recorder.wait(for: .readable(watch, cleared: true)))
    }

    @Test func itIsCalledAgainWhileSomethingIsLeft() throws {
        let (loop, recorder) = try WatchingHandler.loop(clearsAt: 3)
        defer { loop.stop() }
        let wake = try WakeDescriptor()
        let watch = try WatchingHandler.watch(wake, on: loop)
        wake.wake()
        #expect(recorder.wait(for: .readable(watch, cleared: true)))
        #expect(recorder.events.count { $0 == .readable(watch, cleared: false) } == 2)
    }

    @Test func eachWatchIsToldByItsOwnName() throws {
        let (loop, recorder) = try WatchingHandler.loop()
        defer { loop.stop() }
        let wakes = try (0..<5).map { _ in try WakeDescriptor() }
        let watches = try wakes.map { try WatchingHandler.watch($0, on: loop) }
        #expect(Set(watches).count == 5)
        for index in [3, 1] {
            wakes[index].wake()
            #expect(recorder.wait(for: .readable(watches[index], cleared: true)))
        }
        #expect(recorder.events.count == 2)
    }

    @Test func nothingIsHeardAfterUnwatch() throws {
        let (loop, recorder) = try WatchingHandler.loop()
        defer { loop.stop() }
        let (silent, loud) = (try WakeDescriptor(), try WakeDescriptor())
        let first = try WatchingHandler.watch(silent, on: loop)
        let second = try WatchingHandler.watch(loud, on: loop)
        WatchingHandler.run(on: loop) { handler in
            handler.io.unwatch(first)
            handler.io.unwatch(first)
        }
        silent.wake()
        loud.wake()
        #expect(recorder.wait(for: .readable(second, cleared: true)))
        #expect(recorder.events == [.readable(second, cleared: true)])
    }

    @Test func aBadDescriptorIsAnError() throws {
        let (loop, _) = try WatchingHandler.loop()
        defer { loop.stop() }
        WatchingHandler.run(on: loop) { handler in
            #expect(throws: SocketError.self) { try handler.io.watch(-1) }
            #expect(throws: SocketError.self) { try handler.io.watch(1_000_000) }
        }
    }

    @Test func aLoopEndsWithItsWatches() throws {
        for end in [EventLoop<WatchingHandler>.stop, EventLoop<WatchingHandler>.kill] {
            let (loop, recorder) = try WatchingHandler.loop()
            let wake = try WakeDescriptor()
            _ = try WatchingHandler.watch(wake, on: loop)
            end(loop)()
            wake.wake()
            #expect(recorder.events.isEmpty)
            #expect(wake.clear(), "the descriptor stays its owner's")
        }
    }
}

enum WatchEvent: Sendable, Equatable { case readable(WatchID, cleared: Bool) }

/// Records what becomes readable, and clears it.
final class WatchingHandler: LoopHandler {
    typealias Message = @Sendable (WatchingHandler) -> Void

    private let recorder: Recorder<WatchEvent>
    private let clearsAt: Int
    private var wakes: [WatchID: WakeDescriptor] = [:]
    private var calls = 0
    private var held: LoopIO?
    var io: LoopIO { held! }

    init(recorder: Recorder<WatchEvent>, clearsAt: Int) {
        self.recorder = recorder
        self.clearsAt = clearsAt
    }

    static func loop(clearsAt: Int = 1) throws -> (EventLoop<WatchingHandler>, Recorder<WatchEvent>) {
        let recorder = Recorder<WatchEvent>()
        let loop = EventLoop(name: "watch") { WatchingHandler(recorder: recorder, clearsAt: clearsAt) }
        try loop.start()
        return (loop, recorder)
    }

    static func run<Result: Sendable>(
        on loop: EventLoop<WatchingHandler>, _ body: @escaping @Sendable (WatchingHandler) -> Result
    ) -> Result {
        let answer = Answer<Result>()
        loop.post { answer.set(body($0)) }
        return answer.wait()
    }

    static func watch(_ wake: WakeDescriptor, on loop: EventLoop<WatchingHandler>) throws -> WatchID {
        try run(on: loop) { handler in
            Result {
                let watch = try handler.io.watch(wake.descriptor)
                handler.wakes[watch] = wake
                return watch
            }
        }.get()
    }

    func started(_ io: LoopIO) { held = io }
    func messages(_ batch: inout [Message]) { for message in batch { message(self) } }

    func readable(_ watch: WatchID) {
        calls += 1
        let clears = calls >= clearsAt
        if clears { wakes[watch]?.clear() }
        recorder.record(.readable(watch, cleared: clears))
    }

    func accepted(_ stream: StreamID, listener: Int) {}
    func connected(_ stream: StreamID, token: UInt64) {}
    func connectFailed(token: UInt64, error: Int32) {}
    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int { bytes.byteCount }
    func drained(_ stream: StreamID) {}
    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {}
    func ticked(_ now: Now) {}
    func willFlush() {}
    func stopping() {}
}
