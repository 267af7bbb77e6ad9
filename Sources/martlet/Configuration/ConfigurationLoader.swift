import FoundationEssentials
import Glibc
import MartletCommand
import MartletConfiguration

/// Finds what a process is configured with, and refuses what it cannot run with.
enum ConfigurationLoader {
    static let fileVariable = "MARTLET_CONFIG"

    static let file = Option.optional(
        "config", unit: "FILE", help: "A YAML file with settings; without it what MARTLET_CONFIG names, or none.")

    /// What a command takes beside options of its own.
    static func options(for users: SettingUsers) -> [any CommandOption] {
        [file] + Settings.all(for: users).compactMap { $0.option }
    }

    /// For the end of a command's discussion.
    static let discussion = """
        Every setting may stand in a file (`redis.address: …`), in the environment (`MARTLET_REDIS_ADDRESS`) or on the \
        command line, and the last of these wins. Secrets are given as files. `martlet config check` says what would \
        be wrong, and Docs/Configuration.md has it all.
        """

    /// Reads and checks; the warnings are for the caller to show. Throws with every problem that there is.
    static func load(
        _ invocation: Invocation, for users: SettingUsers
    ) throws(CommandFailure) -> (configuration: Configuration, warnings: [ConfigurationProblem]) {
        let configuration = try read(invocation)
        let (problems, warnings) = configuration.check(for: users)
        guard problems.isEmpty else { throw failure(problems) }
        return (configuration, warnings)
    }

    /// Reads without checking what the settings mean together.
    static func read(_ invocation: Invocation) throws(CommandFailure) -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        var sources = ConfigurationSources(
            environment: environment, options: ConfigurationSources.options(of: invocation))
        if let path = invocation[file] ?? environment[fileVariable] {
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw CommandFailure("cannot read the configuration file \(path)", code: .configuration)
            }
            sources.file = (path, Array(bytes))
        }
        do {
            return try Configuration(reading: sources)
        } catch {
            throw failure(error.problems)
        }
    }

    static func failure(_ problems: [ConfigurationProblem]) -> CommandFailure {
        let lines = problems.map { "\n  \($0)" }.joined()
        return CommandFailure("the configuration is not one to run with:\(lines)", code: .configuration)
    }

    /// The name of this machine, as others may know it.
    static func hostName() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        let text = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.isEmpty ? "localhost" : text
    }
}
