internal import CUV
internal import Glibc
internal import Synchronization

/// Signals that ask a process to end.
public enum EndSignal: Int32, Sendable, CaseIterable {
    case interrupt = 2
    case terminate = 15
}

/// Tells a closure about signals, on a thread of its own where it may do anything. One a process.
public final class SignalWatcher: Sendable {
    private let thread: NamedThread

    /// From now on the signals no longer end the process: `handler` decides. A write to a closed pipe does not either.
    public init(
        _ signals: [EndSignal] = EndSignal.allCases, handler: @escaping @Sendable (EndSignal) -> Void
    ) throws(SocketError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw SocketError.current("pipe") }
        let (readEnd, writeEnd) = (ends[0], ends[1])
        signalPipe.store(writeEnd, ordering: .releasing)
        thread = try NamedThread(name: "signals") {
            while let signal = readSignal(readEnd) { handler(signal) }
        }
        signal(SIGPIPE, SIG_IGN)
        for watched in signals { _ = signal(watched.rawValue, onSignal) }
    }
}

/// Where a signal's handler, which may do next to nothing, leaves its number.
private let signalPipe = Atomic<Int32>(-1)

private func onSignal(_ number: Int32) {
    var byte = UInt8(truncatingIfNeeded: number)
    let saved = errno
    unsafe _ = write(signalPipe.load(ordering: .acquiring), &byte, 1)
    errno = saved
}

private func readSignal(_ descriptor: Int32) -> EndSignal? {
    var byte: UInt8 = 0
    let count = retryingInterrupts { unsafe read(descriptor, &byte, 1) }
    return count == 1 ? EndSignal(rawValue: Int32(byte)) : nil
}
