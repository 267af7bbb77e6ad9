import Foundation
import Synchronization

/// Ends servers and removes their folders when the test process dies without doing so: a shell that waits for the end
/// of its input. A process is known by its environment too, since its number may be another's by then.
final class ServerReaper: Sendable {
    static let shared = ServerReaper()
    static let marker = "MARTLET_TEST_SERVER"
    private let input = Mutex<FileHandle?>(nil)

    private static let script = """
        all=""
        while read -r line; do all="$all $line"; done
        for one in $all; do
            pid=${one%%:*}; folder=${one#*:}
            if grep -qz "^MARTLET_TEST_SERVER=$folder$" "/proc/$pid/environ" 2>/dev/null; then kill -9 "$pid"; fi
            rm -rf "$folder"
        done
        """

    private init() {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", ServerReaper.script]
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        // A server that inherited this end would keep the shell waiting.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        shell.standardInput = pipe
        guard (try? shell.run()) != nil else { return }
        input.withLock { $0 = pipe.fileHandleForWriting }
    }

    func watch(_ process: Int32, folder: String) {
        input.withLock { try? $0?.write(contentsOf: Data("\(process):\(folder)\n".utf8)) }
    }
}
