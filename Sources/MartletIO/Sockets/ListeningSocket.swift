internal import CUV
internal import Glibc

/// A bound, listening, non-blocking TCP socket.
///
/// It accepts for itself instead of through `uv_listen`: libuv answers a lack of descriptors by accepting and closing
/// everything, unseen, and turns in a circle once its spare descriptor is gone.
struct ListeningSocket {
    let descriptor: Int32

    enum Accepted {
        case socket(Int32)
        case nothing
        case outOfDescriptors(Int32)
    }

    init(_ address: SocketAddress, reusePort: Bool, backlog: Int32) throws(SocketError) {
        guard let storage = address.storage else {
            throw SocketError(operation: "parse \(address.host)", code: UV_EINVAL.rawValue)
        }
        descriptor = socket(Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue) | streamFlags, 0)
        guard descriptor >= 0 else { throw SocketError.current("socket") }
        do throws(SocketError) {
            try setOptions(reusePort: reusePort)
            try bindAndListen(storage, backlog: backlog)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private func setOptions(reusePort: Bool) throws(SocketError) {
        try enable(SO_REUSEADDR, "SO_REUSEADDR")
        if reusePort { try enable(SO_REUSEPORT, "SO_REUSEPORT") }
    }

    private func enable(_ option: Int32, _ name: String) throws(SocketError) {
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe setsockopt(descriptor, SOL_SOCKET, option, &on, size) == 0 else {
            throw SocketError.current(name)
        }
    }

    private func bindAndListen(_ storage: sockaddr_storage, backlog: Int32) throws(SocketError) {
        let bound = unsafe storage.withAddress { unsafe bind(descriptor, $0, $1) }
        guard bound == 0 else { throw SocketError.current("bind") }
        guard listen(descriptor, backlog) == 0 else { throw SocketError.current("listen") }
    }

    var localPort: UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return code == 0 ? SocketAddress(storage)?.port ?? 0 : 0
    }

    /// The next waiting connection. One that ended while it waited is passed over.
    func acceptNext() -> Accepted {
        while true {
            let accepted = martlet_accept(descriptor)
            if accepted >= 0 { return .socket(accepted) }
            switch errorNumber() {
            case EAGAIN: return .nothing
            // Linux reports errors of the waiting connection here; the listener itself is well.
            case EINTR, ECONNABORTED, EPROTO, EPERM, ETIMEDOUT, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH: continue
            // EMFILE, ENFILE, ENOBUFS, ENOMEM, and whatever else would come back at once.
            default: return .outOfDescriptors(-errorNumber())
            }
        }
    }
}

private let streamFlags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

/// The next `close` of the socket sends a reset and forgets what was not sent.
func setResetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
}

func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }

func closeWithReset(_ descriptor: Int32) {
    setResetOnClose(descriptor)
    close(descriptor)
}
