import Foundation

/// One call of `redis-cli`.
public enum RedisCLI {
    /// What it prints, without the last line break. Throws if it says that something failed.
    public static func run(port: UInt16, password: String? = nil, _ arguments: [String]) throws -> String {
        var options = ["-e", "-p", "\(port)"]
        if let password { options += ["-a", password, "--no-auth-warning"] }
        return try run(options + arguments)
    }

    public static func run(_ arguments: [String]) throws -> String {
        let output = NSTemporaryDirectory() + "martlet-redis-cli-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: output) }
        let status = try ChildProcess(["/usr/bin/redis-cli"] + arguments, output: output).wait()
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
        guard status == 0 else { throw HarnessError.commandFailed(text) }
        return text.trimmingCharacters(in: .newlines)
    }
}
