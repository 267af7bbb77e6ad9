import Foundation
import Testing

@testable import MartletConfiguration

/// Secrets from files.
@Suite final class SecretFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: folder) }

    private func file(_ bytes: [UInt8], mode: Int = 0o600) throws -> String {
        let path = folder.appending(path: UUID().uuidString).path
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func failure(_ path: String) -> String? {
        do {
            _ = try SecretFile.read(path)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(arguments: [("abc", "abc"), ("abc\n", "abc"), ("abc\r\n", "abc"), ("a\n\n", "a\n"), (" a ", " a ")])
    func aLineBreakAtTheEndDoesNotCount(text: String, secret: String) throws {
        #expect(try SecretFile.read(try file(Array(text.utf8))).bytes == Array(secret.utf8))
    }

    @Test func whoMayReadItIsLookedAt() throws {
        #expect(try SecretFile.read(try file([1], mode: 0o600)).isOpenToOthers == false)
        #expect(try SecretFile.read(try file([1], mode: 0o400)).isOpenToOthers == false)
        for mode in [0o640, 0o604, 0o660] {
            #expect(try SecretFile.read(try file([1], mode: mode)).isOpenToOthers)
        }
        let path = try file(Array(String(repeating: "s", count: 40).utf8), mode: 0o644)
        let settings = try Configuration(reading: ConfigurationSources(options: ["token.secretFile": path]))
        let warnings = settings.check(for: .gateway).warnings
        #expect(warnings.contains { $0.message.contains("can be read by others") })
        #expect(!"\(warnings)".contains("sss"))
    }

    @Test func whatIsNoSecret() throws {
        #expect(failure(try file([])) == "is empty")
        #expect(failure(try file([0x0A])) == "is empty")
        #expect(failure(folder.path) == "is not a file")
        #expect(failure(folder.path + "/none")?.contains("No such file") == true)
        #expect(failure(try file([UInt8](repeating: 1, count: 65_537))) == "is larger than 64KiB")
        #expect(failure("/dev/zero") == "is not a file")
    }

    /// Whatever is printed of a configuration, no secret is in it.
    @Test func secretsAreMasked() throws {
        let yaml = "kafka.settings: {sasl.password: hunter2, ssl.key.password: hunter2, debug: all}\n"
        let sources = ConfigurationSources(
            file: ("m.yaml", Array(yaml.utf8)),
            environment: ["MARTLET_TOKEN_SECRET": "hunter2", "MARTLET_REDIS_PASSWORD": "hunter2"])
        let configuration = try Configuration(reading: sources)
        let text = EffectiveText(configuration, for: .all).text
        #expect(!text.contains("hunter2"))
        #expect(text.contains("debug=all"))
        #expect(!"\(configuration.check(for: .gateway))".contains("hunter2"))
    }
}
