/// How a setting is spelled: `drain.reconnectsPerSecond` in a file, `MARTLET_DRAIN_RECONNECTS_PER_SECOND` in the
/// environment, `--drain-reconnects-per-second` on a command line.
enum SettingName {
    static func option(_ name: String) -> String { words(name).joined(separator: "-") }

    static func variable(_ name: String) -> String {
        "MARTLET_" + words(name).joined(separator: "_").uppercased()
    }

    private static func words(_ name: String) -> [String] {
        name.split(separator: ".").flatMap { part in
            var words = [""]
            for letter in part {
                if letter.isUppercase { words.append("") }
                words[words.count - 1] += letter.lowercased()
            }
            return words
        }
    }
}
