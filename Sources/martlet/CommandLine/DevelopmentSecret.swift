import FoundationEssentials
import Glibc
import MartletGateway

/// The secret that signs development tokens: a random text in the data folder, shared by `dev` and `token`.
enum DevelopmentSecret {
    private static let randomBytes = 32

    static func path(in folder: String) -> String { folder + "/secret" }

    /// Nil: there is none yet.
    static func load(from folder: String) -> [UInt8]? {
        guard let text = FileManager.default.contents(atPath: path(in: folder)), !text.isEmpty else { return nil }
        return Array(text)
    }

    /// The folder's secret; a new one, readable by its owner only, if it has none. The folder exists.
    static func loadOrCreate(in folder: String) throws(CommandFailure) -> [UInt8] {
        if let secret = load(from: folder) { return secret }
        let secret = SecureRandom.bytes(randomBytes).flatMap { byte in
            [byte >> 4, byte & 15].map { Array("0123456789abcdef".utf8)[Int($0)] }
        }
        let path = path(in: folder)
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CommandFailure("cannot write \(path): \(reason(errno))") }
        let written = unsafe write(file, secret, secret.count)
        guard close(file) == 0, written == secret.count else { throw CommandFailure("cannot write \(path)") }
        return secret
    }

    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
