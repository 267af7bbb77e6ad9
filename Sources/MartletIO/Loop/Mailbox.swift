internal import CUV
internal import Synchronization

/// What became of posted messages.
public enum PostOutcome: Sendable, Equatable {
    case posted
    /// The mailbox holds `mailboxCapacity` messages; none of the given ones was taken.
    case full
    /// The loop has ended, or was killed; none of the given ones was taken.
    case ended
}

enum LoopCommand: Sendable, Equatable {
    case stop
    case kill
    case pause(milliseconds: UInt64)
}

/// Carries messages from any thread to a loop: a bounded queue, emptied as a whole, with one wake-up per batch.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var commands: [LoopCommand] = []
        var waker: LoopWaker?
        var isWoken = false
        var hasEnded = false
        var isKilled = false
    }

    private let state = Mutex(State())
    private let capacity: Int
    let gate = PauseGate()

    init(capacity: Int) { self.capacity = capacity }

    func post(_ message: Message) -> PostOutcome {
        state.withLock { state in
            if state.hasEnded { return .ended }
            guard state.messages.count < capacity else { return .full }
            state.messages.append(message)
            Mailbox.wake(&state)
            return .posted
        }
    }

    func post(contentsOf messages: [Message]) -> PostOutcome {
        state.withLock { state in
            if state.hasEnded { return .ended }
            guard state.messages.count + messages.count <= capacity else { return .full }
            if messages.isEmpty { return .posted }
            state.messages.append(contentsOf: messages)
            Mailbox.wake(&state)
            return .posted
        }
    }

    /// Past the limit.
    func postAlways(_ message: Message) -> PostOutcome {
        state.withLock { state in
            if state.hasEnded { return .ended }
            state.messages.append(message)
            Mailbox.wake(&state)
            return .posted
        }
    }

    /// Takes as many of the first messages as there is room for, out of the array; `full`: some stay in it.
    func move(from messages: inout [Message]) -> PostOutcome {
        state.withLock { state in
            if state.hasEnded { return .ended }
            let count = min(messages.count, max(capacity - state.messages.count, 0))
            guard count > 0 else { return messages.isEmpty ? .posted : .full }
            state.messages.append(contentsOf: messages[..<count])
            if count == messages.count {
                messages.removeAll(keepingCapacity: true)
            } else {
                messages.removeFirst(count)
            }
            Mailbox.wake(&state)
            return messages.isEmpty ? .posted : .full
        }
    }

    /// Commands pass every limit. `kill` drops what waits.
    func command(_ command: LoopCommand) {
        state.withLock { state in
            if command == .kill {
                state.hasEnded = true
                state.isKilled = true
                state.messages = []
            }
            state.commands.append(command)
            Mailbox.wake(&state)
        }
        if command == .stop || command == .kill { gate.open() }
    }

    var isKilled: Bool { state.withLock { $0.isKilled } }

    /// The loop is there: what was posted before wakes it.
    func attach(_ waker: LoopWaker) {
        state.withLock { state in
            state.waker = waker
            if !state.messages.isEmpty || !state.commands.isEmpty { Mailbox.wake(&state) }
        }
    }

    /// The loop ends: the waker must not be used any more.
    func end() {
        state.withLock { state in
            state.hasEnded = true
            state.waker = nil
            state.messages = []
        }
    }

    /// Swaps what waits with the empty `batch`, so both arrays keep their storage.
    func take(_ batch: inout [Message]) -> [LoopCommand] {
        state.withLock { state in
            state.isWoken = false
            swap(&state.messages, &batch)
            let commands = state.commands
            state.commands = []
            return commands
        }
    }

    /// Under the lock, so that `end` cannot come between the look and the call.
    private static func wake(_ state: inout State) {
        guard !state.isWoken, let waker = state.waker else { return }
        state.isWoken = true
        waker.wake()
    }
}

/// The one handle of a loop that other threads may touch.
@safe struct LoopWaker: @unchecked Sendable {
    // `uv_async_send` is the one function of libuv that any thread may call; the mailbox's lock keeps the handle alive.
    private let handle: UnsafeMutablePointer<uv_async_t>

    init(_ handle: UnsafeMutablePointer<uv_async_t>) { unsafe self.handle = handle }

    func wake() { unsafe _ = uv_async_send(handle) }
}
