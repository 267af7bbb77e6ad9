import Foundation
import Synchronization

/// A server in a process of its own, with a folder that is removed at its end. What it prints goes to `log` there.
public final class ServerProcess: Sendable {
    public let folder: String
    private let command: [String]
    private let process = Mutex<Process?>(nil)

    /// `command` begins with a path; `@` stands for the folder.
    public init(_ name: String, command: [String]) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "martlet-\(name)-\(UUID().uuidString.prefix(8))"
        ).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.folder = folder
        self.command = command.map { $0.replacingOccurrences(of: "@", with: folder) }
    }

    public func start() throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: command[0])
        child.arguments = Array(command.dropFirst())
        child.environment = ProcessInfo.processInfo.environment.merging([ServerReaper.marker: folder]) { $1 }
        child.standardInput = FileHandle.nullDevice
        let log = try openLog()
        child.standardOutput = log
        child.standardError = log
        try child.run()
        ServerReaper.shared.watch(child.processIdentifier, folder: folder)
        process.withLock { $0 = child }
    }

    public var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }
    public var processIdentifier: Int32? { process.withLock { $0?.processIdentifier } }

    /// SIGKILL, and waits for the end.
    public func kill() { finish(SIGKILL) }

    /// SIGTERM, and waits for the end.
    public func terminate() { finish(SIGTERM) }

    public func pause() { signal(SIGSTOP) }
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

    private func openLog() throws -> FileHandle {
        let path = folder + "/log"
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let handle = FileHandle(forWritingAtPath: path) else { throw HarnessError.didNotStart(path) }
        _ = try handle.seekToEnd()
        return handle
    }

    private func signal(_ number: Int32) {
        process.withLock { child in
            if let child, child.isRunning { _ = Glibc.kill(child.processIdentifier, number) }
        }
    }

    private func finish(_ number: Int32) {
        guard let child = process.withLock({ $0.take() }) else { return }
        if child.isRunning { _ = Glibc.kill(child.processIdentifier, number) }
        // A stopped process does not hear SIGTERM.
        if child.isRunning { _ = Glibc.kill(child.processIdentifier, SIGCONT) }
        child.waitUntilExit()
    }
}
