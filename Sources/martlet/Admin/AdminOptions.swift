import FoundationEssentials
import MartletCommand

/// The options of every command that asks the admin API, and what the environment says where they are absent.
enum AdminOptions {
    static let admin = Option.optional(
        "admin", unit: "URL",
        help: "The admin API of any node. Without it, MARTLET_ADMIN, or else \(AdminClient.defaultURL).")
    static let tokenFile = Option.optional(
        "token-file", unit: "FILE", help: "Holds the admin token. Without it, MARTLET_ADMIN_TOKEN.")
    static let timeout = Option.duration(
        "timeout", in: 100...600_000, default: 10_000, help: "How long an answer may take.")
    static let json = Option.flag("json", help: "Print the answer as JSON, for programs.")

    static let all: [any CommandOption] = [admin, tokenFile, timeout, json]

    static func client(_ invocation: Invocation) throws(CommandFailure) -> AdminClient {
        let url = invocation[admin] ?? environment("MARTLET_ADMIN") ?? AdminClient.defaultURL
        return try AdminClient(url: url, token: try token(invocation), timeoutMilliseconds: invocation[timeout])
    }

    private static func token(_ invocation: Invocation) throws(CommandFailure) -> AdminToken? {
        if let file = invocation[tokenFile] { return try AdminToken.read(file) }
        guard let text = environment("MARTLET_ADMIN_TOKEN") else { return nil }
        // It becomes a line of a request.
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw CommandFailure("MARTLET_ADMIN_TOKEN holds what no token holds", code: .usage)
        }
        return AdminToken(text)
    }

    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
