import Glibc

/// The terminal: results on standard output, complaints on standard error, each text written whole.
enum Console {
    static func print(_ text: String, terminator: String = "\n") { write(text + terminator, to: STDOUT_FILENO) }

    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            // Nobody listens any more: there is nobody to tell.
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
