import Foundation
import Synchronization

/// A child process that inherits nothing of ours but its environment.
///
/// Not Foundation's `Process`: that one waits for the end of a descriptor which other children, started at the same
/// moment, inherit, and so for their end too; and a socket that a child inherited is not closed when a test closes it.
final class ChildProcess: Sendable {
    let identifier: Int32
    /// As `waitpid` gives it; nil until the child was waited for, and so long the number is the child's.
    private let status = Mutex<Int32?>(nil)

    /// `command` begins with a path. What it prints is appended to the file `output`.
    init(_ command: [String], environment: [String: String] = [:], output: String) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for descriptor in Int32(3)..<1_024 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var words = unsafe command.map { unsafe strdup($0) } + [nil]
        var variables = unsafe all.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, command[0], &actions, nil, &words, &variables)
        guard code == 0 else { throw HarnessError.didNotStart(command[0]) }
        identifier = process
    }

    var isRunning: Bool { reap(WNOHANG) == nil }

    func signal(_ number: Int32) {
        status.withLock { if $0 == nil { _ = Glibc.kill(identifier, number) } }
    }

    /// Waits for its end. Zero: it ended well.
    @discardableResult
    func wait() -> Int32 {
        var info = unsafe siginfo_t()
        // It stays for `reap`, so that meanwhile others may send signals.
        while unsafe waitid(P_PID, id_t(identifier), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return reap(0) ?? -1
    }

    private func reap(_ options: Int32) -> Int32? {
        status.withLock { status in
            if let status { return status }
            var ended: Int32 = 0
            if unsafe waitpid(identifier, &ended, options) == identifier { status = ended }
            return status
        }
    }
}
