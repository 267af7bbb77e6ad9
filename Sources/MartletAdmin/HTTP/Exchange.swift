import CMicroHTTPD
import Dispatch
import Synchronization

/// One request and its answer, from the first byte of its target until libmicrohttpd is done with it.
///
/// The request arrives on the daemon's thread; the answer may come from any. While it is awaited the connection is
/// suspended, and whoever brings the answer resumes it: exactly once, under the lock, so the connection still exists.
final class Exchange: Sendable {
    private enum Phase {
        /// Nothing but the target is known.
        case fresh
        case reading
        /// The handler has the request, on the daemon's thread.
        case handling
        /// The handler has it still, and the daemon went on to other things.
        case suspended(MHDPointer)
        case answered(HTTPResponse)
    }

    private struct State {
        var phase = Phase.fresh
        var body: [UInt8] = []
        var discarded = 0
    }

    private static let deadlines = DispatchQueue(label: "martlet.admin.deadlines")

    let target: String
    let began = ContinuousClock.now
    private let state = Mutex(State())

    init(target: String) { self.target = target }

    /// What the daemon's thread does next.
    enum Step {
        case readBody
        case handle(body: [UInt8])
        case answer(HTTPResponse)
        case drop
    }

    /// The daemon shows the head, a piece of the body (not empty), the end of the request, or comes back after a
    /// suspension.
    func arrived(piece: [UInt8], declaredBytes: Int, limits: HTTPLimits) -> Step {
        state.withLock { state in
            switch state.phase {
            case .fresh:
                state.phase = .reading
                return firstStep(declaredBytes: declaredBytes, limits: limits)
            case .reading where !piece.isEmpty: return take(piece, &state, limits: limits)
            case .reading where state.discarded > 0: return .answer(.error(Exchange.tooLarge(limits)))
            case .reading:
                state.phase = .handling
                return .handle(body: state.body)
            case .answered(let response): return .answer(response)
            case .handling, .suspended: return .drop
            }
        }
    }

    /// After the handler was called: the answer if it is there, else nil, and the connection is suspended until it
    /// comes or `limits.answerMilliseconds` have passed.
    func answerOrSuspend(_ connection: MHDPointer, limits: HTTPLimits) -> HTTPResponse? {
        state.withLock { state in
            if case .answered(let response) = state.phase { return response }
            unsafe MHD_suspend_connection(connection.raw)
            state.phase = .suspended(connection)
            startDeadline(milliseconds: limits.answerMilliseconds)
            return nil
        }
    }

    /// The first answer counts; later ones are dropped.
    func answer(_ response: HTTPResponse) {
        state.withLock { state in
            switch state.phase {
            case .handling: state.phase = .answered(response)
            case .suspended(let connection):
                state.phase = .answered(response)
                unsafe MHD_resume_connection(connection.raw)
            case .fresh, .reading, .answered: break
            }
        }
    }

    /// Finds the exchange answered, or gone, in nearly all cases; then it does nothing.
    private func startDeadline(milliseconds: Int) {
        Exchange.deadlines.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
            self?.answer(.error(AdminError(.timeout, "no answer within \(milliseconds) ms")))
        }
    }

    private func firstStep(declaredBytes: Int, limits: HTTPLimits) -> Step {
        if target.utf8.count > limits.maxTargetBytes {
            return .answer(
                .error(AdminError(.invalid, "the request target is longer than \(limits.maxTargetBytes) bytes")))
        }
        return declaredBytes > limits.maxBodyBytes ? .answer(.error(Exchange.tooLarge(limits))) : .readBody
    }

    private func take(_ piece: [UInt8], _ state: inout State, limits: HTTPLimits) -> Step {
        if began.duration(to: .now) > .milliseconds(limits.requestMilliseconds) { return .drop }
        if state.discarded == 0, state.body.count + piece.count <= limits.maxBodyBytes {
            state.body += piece
            return .readBody
        }
        // In pieces of unknown number: an answer is possible only at its end, so some more is read and thrown away.
        state.discarded += piece.count
        state.body = []
        return state.discarded > 4 * limits.maxBodyBytes ? .drop : .readBody
    }

    private static func tooLarge(_ limits: HTTPLimits) -> AdminError {
        AdminError(.tooLarge, "the body is longer than \(limits.maxBodyBytes) bytes")
    }
}
