import MartletCore
import MartletIO

/// A loop that runs closures one after the other, and a tick: for what is rare (the coordinator).
final class WorkLoop: LoopHandler {
    typealias Message = @Sendable () -> Void

    private let tick: @Sendable (Now) -> Void

    init(tick: @escaping @Sendable (Now) -> Void) { self.tick = tick }

    func messages(_ batch: inout [@Sendable () -> Void]) {
        for work in batch { work() }
    }

    func ticked(_ now: Now) { tick(now) }

    // It has no streams.
    func started(_ io: LoopIO) {}
    func accepted(_ stream: StreamID, listener: Int) {}
    func connected(_ stream: StreamID, token: UInt64) {}
    func connectFailed(token: UInt64, error: Int32) {}
    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int { bytes.byteCount }
    func drained(_ stream: StreamID) {}
    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {}
    func willFlush() {}
    func stopping() {}
}
