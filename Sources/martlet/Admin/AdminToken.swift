import FoundationEssentials
import Glibc
import MartletIO

/// What opens the admin API. Never printed by accident: only `text` is the token.
struct AdminToken: Sendable, CustomStringConvertible {
    static let randomBytes = 32

    let text: String
    var description: String { "an admin token" }

    init(_ text: String) { self.text = text }

    /// One that nobody knows: with it, only the probes answer.
    static func random() -> AdminToken {
        let digits = MartletIO.randomBytes(randomBytes).flatMap { [$0 >> 4, $0 & 15] }
        return AdminToken(String(decoding: digits.map { Array("0123456789abcdef".utf8)[Int($0)] }, as: UTF8.self))
    }

    /// The first line of a file.
    static func read(_ path: String) throws(CommandFailure) -> AdminToken {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("cannot read the token file \(path)")
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let text = String(validating: line, as: UTF8.self), !text.isEmpty else {
            throw CommandFailure("the token file \(path) does not begin with a token")
        }
        return AdminToken(text)
    }

    /// The file's token; where there is no file, a new one, in a file that only its owner can read.
    static func readOrCreate(_ path: String) throws(CommandFailure) -> AdminToken {
        if FileManager.default.fileExists(atPath: path) { return try read(path) }
        let token = random()
        let bytes = Array((token.text + "\n").utf8)
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CommandFailure("cannot write the token file \(path) (errno \(errno))") }
        let written = unsafe write(file, bytes, bytes.count)
        guard close(file) == 0, written == bytes.count else {
            throw CommandFailure("cannot write the token file \(path)")
        }
        return token
    }
}
