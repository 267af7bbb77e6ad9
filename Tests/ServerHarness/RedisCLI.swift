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
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        child.arguments = arguments
        let output = Pipe()
        child.standardInput = FileHandle.nullDevice
        child.standardOutput = output
        child.standardError = output
        try child.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { throw HarnessError.commandFailed(text) }
        return text.trimmingCharacters(in: .newlines)
    }
}
