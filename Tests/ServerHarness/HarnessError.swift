/// Why a server for a test is not there.
public enum HarnessError: Error, CustomStringConvertible {
    case noFreePort
    case didNotStart(String)
    case commandFailed(String)
    case timedOut(String)

    public var description: String {
        switch self {
        case .noFreePort: "no free port"
        case .didNotStart(let why): "the server did not start: \(why)"
        case .commandFailed(let output): "command failed: \(output)"
        case .timedOut(let what): "timed out waiting until \(what)"
        }
    }
}
