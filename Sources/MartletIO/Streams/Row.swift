import CUV

/// One connection: libuv's handle and the loop's own fields, flat, at an address that does not change.
///
/// The handle comes first, so its address is the row's. The row belongs to libuv until the close callback.
@unsafe struct Row {
    var tcp = unsafe uv_tcp_t()
    let index: UInt32
    var generation: UInt32 = 0
    /// Gathered and not yet written. Storage comes from the loop's pool and goes back to it.
    var output: [UInt8] = []
    /// Received and not consumed.
    var held: UnsafeMutableRawPointer?
    var heldCount: UInt32 = 0
    var heldCapacity: UInt32 = 0
    /// The libuv error of `CloseKind.error`.
    var closeError: Int32 = 0
    var flags: RowFlags = .free
    var closeKind: CloseKind = .local
    /// In the slab's list of free rows.
    var nextFree = UInt32.max

    init(index: UInt32) {
        unsafe self.index = index
    }
}

struct RowFlags: OptionSet {
    let rawValue: UInt16

    static let free = RowFlags(rawValue: 1)
    /// Not yet connected: the handler does not know it.
    static let connecting = RowFlags(rawValue: 1 << 1)
    /// Ends when its output is out; takes no more.
    static let ending = RowFlags(rawValue: 1 << 2)
    /// Its output is out, FIN sent: waits for the peer's end.
    static let lingering = RowFlags(rawValue: 1 << 3)
    /// `uv_close` was called.
    static let closing = RowFlags(rawValue: 1 << 4)
    /// The peer has ended: nothing to wait for when the output is out.
    static let peerEnded = RowFlags(rawValue: 1 << 5)
    static let paused = RowFlags(rawValue: 1 << 6)
    static let dirty = RowFlags(rawValue: 1 << 7)
    /// A `uv_write` is under way.
    static let writing = RowFlags(rawValue: 1 << 8)
    static let aboveHighMark = RowFlags(rawValue: 1 << 9)
    /// The handler is not told of its end (a failed connect, a killed loop).
    static let silent = RowFlags(rawValue: 1 << 10)

    /// Whoever ended it: the handler can do nothing with it any more.
    static let over: RowFlags = [.free, .connecting, .ending, .closing]
}

enum CloseKind: UInt8 { case local, endOfFile, reset, error, overflow }
