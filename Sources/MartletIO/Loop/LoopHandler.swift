public import MartletCore

/// What a loop does with its connections and messages.
///
/// Confined to its loop's thread: not Sendable, made there by a `@Sendable` factory, and called there only, never from
/// inside a call that it makes on `LoopIO`. Each stream gets `accepted` or `connected` first and `closed` once, last.
public protocol LoopHandler: AnyObject, SendableMetatype {
    associatedtype Message: Sendable

    /// The first call. `io` belongs to this thread and may be kept.
    func started(_ io: LoopIO)
    func accepted(_ stream: StreamID, listener: Int)
    func connected(_ stream: StreamID, token: UInt64)
    /// `error` is a negative libuv error number.
    func connectFailed(token: UInt64, error: Int32)

    /// Bytes that arrived, behind those not consumed before, contiguous and mutable in place.
    ///
    /// Returns how many were consumed. The rest is kept (up to `maxHeldBytes`; beyond it the stream is closed with
    /// `overflow`) and given again with what follows: when more came, or after `resumeReading`.
    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int

    /// Output that had been above the high mark went below the low one.
    func drained(_ stream: StreamID)
    func closed(_ stream: StreamID, _ reason: StreamCloseReason)

    /// A watched descriptor has something to read. By default it is read by nobody: only for handlers that watch some.
    func readable(_ watch: WatchID)

    /// What was posted to the loop, in the order of posting; everything that is there in one call. The handler may take
    /// messages out of the batch, which is emptied after the call.
    func messages(_ batch: inout [Message])
    /// Every `tickMilliseconds`.
    func ticked(_ now: Now)
    /// Just before gathered writes go out, twice an iteration; what is written here goes out with them.
    func willFlush()
    /// The loop is about to end: the last chance to write. All streams are closed after it, in order.
    func stopping()
}

extension LoopHandler {
    public func readable(_ watch: WatchID) {}
}
