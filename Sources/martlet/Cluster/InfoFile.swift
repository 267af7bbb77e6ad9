import FoundationEssentials
import MartletCommand

/// A small JSON file with a process's addresses, for programs that start it and wait for its doors to open.
enum InfoFile {
    static let option = Option.optional(
        "info", unit: "FILE", help: "When it listens, write its addresses to this file, as JSON.")

    /// Written beside and renamed, so that who waits for the file finds it whole.
    static func write(_ values: [String: String], to path: String) throws(CommandFailure) {
        let temporary = path + ".new"
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(values).write(to: URL(filePath: temporary))
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: temporary, toPath: path)
        } catch {
            throw CommandFailure("cannot write \(path): \(error)")
        }
    }
}
