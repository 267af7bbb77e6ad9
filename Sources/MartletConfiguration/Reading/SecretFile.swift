internal import Glibc

/// Reads a file that holds one secret.
enum SecretFile {
    static let maxBytes = 64 * 1024

    struct Contents: Equatable {
        /// Without a line break at the end.
        var bytes: [UInt8]
        /// Whether others than its owner may read it.
        var isOpenToOthers: Bool
    }

    /// Why there is no secret, as the end of a sentence.
    struct Failure: Error, Equatable {
        var reason: String
    }

    static func read(_ path: String) throws(Failure) -> Contents {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Failure(reason: "cannot be read (\(text(errno)))") }
        defer { close(file) }
        var info = stat()
        guard unsafe fstat(file, &info) == 0 else { throw Failure(reason: "cannot be read (\(text(errno)))") }
        guard info.st_mode & S_IFMT == S_IFREG else { throw Failure(reason: "is not a file") }
        guard info.st_size <= maxBytes else { throw Failure(reason: "is larger than \(ByteText.text(maxBytes))") }
        let bytes = trimmed(try bytes(of: file))
        guard !bytes.isEmpty else { throw Failure(reason: "is empty") }
        return Contents(bytes: bytes, isOpenToOthers: info.st_mode & 0o077 != 0)
    }

    private static func bytes(of file: Int32) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maxBytes)
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file, buffer.baseAddress! + filled, buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(reason: "cannot be read (\(text(errno)))") }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    /// Editors and `echo` end a file with a line break that is no part of the secret.
    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        return bytes
    }

    private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
