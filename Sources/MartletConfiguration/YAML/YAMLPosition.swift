/// A place in a file: line and column, both from 1.
struct YAMLPosition: Hashable, Sendable, CustomStringConvertible {
    var line: Int
    var column: Int

    static let start = YAMLPosition(line: 1, column: 1)

    var description: String { "\(line):\(column)" }
}

/// Why a file is not one that can be read.
struct YAMLProblem: Error, Hashable, Sendable {
    var position: YAMLPosition
    var message: String
}

/// What a configuration file may be at most: far above any real one, and little enough for a hostile one to be harmless.
enum YAMLLimits {
    static let bytes = 256 * 1024
    static let events = 20_000
    static let depth = 8
}
