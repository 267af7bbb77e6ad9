import Foundation
import Synchronization

/// A server in a process of its own, with a folder that is removed at its end. What it prints goes to `log` there.
public final class ServerProcess: Sendable {
    public let folder: String
    private let command: [String]
    private let process = Mutex<ChildProcess?>(nil)

    /// `command` begins with a path; `@` at the beginning of another word stands for the folder.
    public init(_ name: String, command: [String]) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "martlet-\(name)-\(UUID().uuidString.prefix(8))"
        ).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.folder = folder
        self.command = command.map { $0.hasPrefix("@") ? folder + $0.dropFirst() : $0 }
    }

    public func start() throws {
        let child = try ChildProcess(command, environment: [ServerReaper.marker: folder], output: folder + "/log")
        ServerReaper.shared.watch(child.identifier, folder: folder)
        process.withLock { $0 = child }
    }

    public var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }
    public var processIdentifier: Int32? { process.withLock { $0?.identifier } }

    /// SIGKILL, and waits for the end.
    public func kill() { finish(SIGKILL) }

    /// SIGTERM, and waits for the end.
    public func terminate() { finish(SIGTERM) }

    /// When it returns no thread of it runs any more: a signal takes a moment to reach them all.
    public func pause() {
        signal(SIGSTOP)
        try? poll(until: "it stands still") { processIdentifier.map(ServerProcess.isStopped) ?? true }
    }
    public func resume() { signal(SIGCONT) }

    /// Kills it and removes its folder.
    public func end() {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    public var log: String {
        (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
    }

    deinit { end() }

    /// Whether all of its threads are stopped, by proc(5).
    private static func isStopped(_ process: Int32) -> Bool {
        let folder = "/proc/\(process)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.allSatisfy { thread in
            guard let line = try? String(contentsOfFile: "\(folder)/\(thread)/stat", encoding: .utf8),
                let name = line.lastIndex(of: ")")
            else { return true }
            return line[name...].dropFirst(2).first == "T"
        }
    }

    private func signal(_ number: Int32) { process.withLock { $0?.signal(number) } }

    private func finish(_ number: Int32) {
        guard let child = process.withLock({ $0.take() }) else { return }
        child.signal(number)
        // A stopped process does not hear SIGTERM.
        child.signal(SIGCONT)
        child.wait()
    }
}
