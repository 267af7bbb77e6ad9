import Foundation

/// Brokers on loopback, in a folder of their own, gone when the test process is.
public final class KafkaServer: Sendable {
    public let bootstrap: String
    /// Nil: a broker that ran already.
    private let folder: String?
    private let script: String

    /// The one that most tests share; a topic each.
    public static let shared = Result { try KafkaServer() }

    public init(brokers: Int = 1, alone: Bool = false) throws {
        switch KafkaSource.found {
        case .running(let address) where !alone:
            (bootstrap, folder, script) = (address, nil, "")
        case .script(let path):
            let folder = NSTemporaryDirectory() + "martlet-kafka-" + UUID().uuidString
            let lines = try KafkaServer.call(path, ["start", folder, "--brokers", "\(brokers)"], folder: folder)
            (bootstrap, self.folder, script) = (lines, folder, path)
            for id in 1...brokers { watch(id) }
        default: throw HarnessError.didNotStart(KafkaSource.absence)
        }
    }

    deinit { end() }

    public func kill(_ id: Int = 1) throws { try control("kill", id) }
    public func pause(_ id: Int = 1) throws { try control("pause", id) }
    public func resume(_ id: Int = 1) throws { try control("resume", id) }

    public func restart(_ id: Int = 1) throws {
        try control("restart", id)
        watch(id)
    }

    /// Kafka's own topic command.
    @discardableResult
    public func topics(_ arguments: String...) throws -> String {
        guard let folder else { throw HarnessError.commandFailed("not this test's broker") }
        return try KafkaServer.call(script, ["topics", folder] + arguments, folder: folder)
    }

    public func end() {
        guard let folder else { return }
        for id in 1...9 { if let process = process(id) { Glibc.kill(process, SIGKILL) } }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func control(_ verb: String, _ id: Int) throws {
        guard let folder else { throw HarnessError.commandFailed("not this test's broker") }
        _ = try KafkaServer.call(script, [verb, folder, "\(id)"], folder: folder)
    }

    private func process(_ id: Int) -> Int32? {
        guard let folder, let text = try? String(contentsOfFile: "\(folder)/\(id)/pid", encoding: .utf8) else {
            return nil
        }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func watch(_ id: Int) {
        if let folder, let process = process(id) { ServerReaper.shared.watch(process, folder: folder) }
    }

    /// Output goes to a file: a broker that inherited a pipe would keep it open. And `waitpid` it is, because Foundation
    /// waits for the end of a descriptor that the broker inherits too.
    private static func call(_ script: String, _ arguments: [String], folder: String) throws -> String {
        let output = NSTemporaryDirectory() + "martlet-kafka-out-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: output) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var environment = ProcessInfo.processInfo.environment
        environment[ServerReaper.marker] = folder
        var words = unsafe ([script] + arguments).map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var process: pid_t = 0, status: Int32 = -1
        let code = unsafe posix_spawn(&process, script, &actions, nil, &words, &variables)
        guard code == 0, unsafe waitpid(process, &status, 0) == process else { throw HarnessError.didNotStart(script) }
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard status == 0 else { throw HarnessError.commandFailed(text) }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
