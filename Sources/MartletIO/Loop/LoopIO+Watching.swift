internal import CUV
internal import Glibc
internal import Synchronization

/// A descriptor that a loop watches.
public struct WatchID: Hashable, Sendable {
    let rawValue: UInt64
}

/// The handle of a watched descriptor, at a fixed address.
@unsafe struct Watch {
    var poll = unsafe uv_poll_t()
    let id: WatchID

    init(id: WatchID) { unsafe self.id = id }
}

@safe struct WatchTable {
    /// The handler's few descriptors: looked through, not indexed.
    var all: [UnsafeMutablePointer<Watch>] = unsafe []
    var last: UInt64 = 0
}

extension LoopIO {
    /// Calls the handler's `readable` whenever `descriptor` has something to read, until `unwatch` or the loop's end.
    ///
    /// The descriptor stays its owner's, who makes it non-blocking, reads it, and closes it only after `unwatch` or
    /// after the loop has ended. It is called again while anything is left to be read.
    public func watch(_ descriptor: Int32) throws(SocketError) -> WatchID {
        watches.last += 1
        let id = WatchID(rawValue: watches.last)
        let watch = UnsafeMutablePointer<Watch>.allocate(capacity: 1)
        unsafe watch.initialize(to: Watch(id: id))
        let code = unsafe uv_poll_init(loop, watch.poll, descriptor)
        guard code == 0 else {
            unsafe watch.deallocate()
            throw SocketError(operation: "uv_poll_init", code: code)
        }
        unsafe watch.pointee.poll.data = unmanaged
        unsafe watches.all.append(watch)
        unsafe uv_poll_start(watch.poll, Int32(UV_READABLE.rawValue), onReadable)
        return id
    }

    /// Afterwards the handler hears no more of it. Of a watch that is over: nothing.
    public func unwatch(_ id: WatchID) { closeWatches { $0 == id } }

    func closeWatches(where matches: (WatchID) -> Bool) {
        for index in unsafe watches.all.indices where unsafe matches(watches.all[index].pointee.id) {
            unsafe uv_close(watches.all[index].handle, onWatchClosed)
        }
        unsafe watches.all.removeAll { unsafe matches($0.pointee.id) }
    }

    /// A descriptor that failed is told too: its owner's read finds out.
    func didBecomeReadable(_ watch: UnsafeMutablePointer<Watch>) {
        guard phase == .running else { return }
        unsafe events.readable(watch.pointee.id)
    }
}

extension UnsafeMutablePointer<Watch> {
    fileprivate var poll: UnsafeMutablePointer<uv_poll_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_poll_t.self)
    }
    fileprivate var handle: UnsafeMutablePointer<uv_handle_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_handle_t.self)
    }
}
