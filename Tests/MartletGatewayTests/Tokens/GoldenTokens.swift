import FoundationEssentials
import Testing

/// Rows of Tests/Golden/Tokens/golden-tokens.tsv, which make-golden-tokens.py makes.
struct GoldenToken: CustomTestStringConvertible {
    static let now: Int64 = 1_800_000_000
    static let all: [GoldenToken] = load()

    let outcome: String
    let what: String
    let token: String

    var testDescription: String { "\(what): \(outcome)" }

    static func key(_ name: String) -> [UInt8] {
        all.first { $0.outcome == "key:" + name }.map { Array($0.token.utf8) } ?? []
    }

    static func named(_ what: String) -> GoldenToken? { all.first { $0.what == what } }

    private static func load(file: StaticString = #filePath) -> [GoldenToken] {
        let folder = "\(file)".split(separator: "/").dropLast(3).joined(separator: "/")
        guard let data = FileManager.default.contents(atPath: "/\(folder)/Golden/Tokens/golden-tokens.tsv") else {
            return []
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return GoldenToken(outcome: fields[0], what: fields[1], token: fields[2])
        }
    }
}
