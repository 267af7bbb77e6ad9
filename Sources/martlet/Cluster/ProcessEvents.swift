import Glibc
import MartletGateway
import MartletIO
import Synchronization

/// What the main thread of a process waits for.
enum ProcessEvent: Sendable, Equatable {
    /// The operator asks it to end.
    case end
    /// Its gateway ended by itself, in that life of the node.
    case gatewayEnded(GatewayEnd, life: Int)
}

/// Brings events from other threads to the main thread. A second signal ends the process at once.
final class ProcessEvents: Sendable {
    private struct State {
        var events: [ProcessEvent] = []
        var isEnding = false
    }

    private let condition = Condition()
    private let state = Mutex(State())

    func post(_ event: ProcessEvent) {
        condition.lock()
        state.withLock { $0.events.append(event) }
        condition.broadcast()
        condition.unlock()
    }

    func signal(_ signal: EndSignal) {
        let isSecond = state.withLock { state in
            defer { state.isEnding = true }
            return state.isEnding
        }
        // As a shell reports a process that the signal killed.
        if isSecond { _exit(128 + signal.rawValue) }
        post(.end)
    }

    /// The next event; nil: none came in time.
    func next(milliseconds: Int64) -> ProcessEvent? {
        let deadline = Clock.monotonicMilliseconds + milliseconds
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let event = state.withLock({ $0.events.isEmpty ? nil : $0.events.removeFirst() }) { return event }
            let left = deadline - Clock.monotonicMilliseconds
            guard left > 0 else { return nil }
            condition.wait(milliseconds: left)
        }
    }

    func next() -> ProcessEvent {
        while true {
            if let event = next(milliseconds: 3_600_000) { return event }
        }
    }
}
