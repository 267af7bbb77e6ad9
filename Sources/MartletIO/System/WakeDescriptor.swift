internal import CUV
internal import Glibc

/// A descriptor that is readable from when somebody wrote to it until it is cleared (eventfd(2)); non-blocking. Whoever
/// writes gives it 8 bytes, a number other than zero.
public final class WakeDescriptor: Sendable {
    public let descriptor: Int32

    public init() throws(SocketError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw SocketError.current("eventfd") }
    }

    deinit { closeDescriptor(descriptor) }

    /// From any thread.
    public func wake() {
        var one: UInt64 = 1
        // Only a counter at its end does not take it, and then the descriptor is readable already.
        unsafe _ = write(descriptor, &one, 8)
    }

    /// True: it had been woken.
    @discardableResult
    public func clear() -> Bool {
        var count: UInt64 = 0
        return unsafe read(descriptor, &count, 8) == 8
    }
}
