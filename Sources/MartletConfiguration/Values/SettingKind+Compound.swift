import MartletCommand

extension SettingKind {
    /// A value that may be absent.
    static func optional<Wrapped>(_ kind: SettingKind<Wrapped>) -> SettingKind where Value == Wrapped? {
        SettingKind(
            type: kind.type, placeholder: kind.placeholder, domain: kind.domain,
            parse: { raw throws(ValueError) in try kind.parse(raw) }, text: { $0.map(kind.text) ?? "" })
    }

    /// Values in order: a sequence in a file, commas between them elsewhere.
    static func list<Element>(_ kind: SettingKind<Element>) -> SettingKind where Value == [Element] {
        SettingKind(
            type: "list of \(kind.type)", placeholder: "\(kind.placeholder),…",
            domain: "a list, each of it \(kind.domain)",
            parse: { raw throws(ValueError) in
                var values: [Element] = []
                for word in try words(raw, kind.domain) { values.append(try kind.parse(.text(word))) }
                return values
            }, text: { $0.map(kind.text).joined(separator: ",") })
    }

    private static func words(_ raw: RawValue, _ domain: String) throws(ValueError) -> [String] {
        switch raw {
        case .list(let words): return words
        case .text(let text): return text.isEmpty ? [] : split(text)
        case .map: throw ValueError(expected: "a list, each of it \(domain)")
        }
    }

    fileprivate static func split(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        let front = text.drop { $0 == " " }
        return String(front.prefix(front.count - front.reversed().prefix { $0 == " " }.count))
    }
}

extension SettingKind where Value == [TextPair] {
    /// Names with texts: a mapping in a file, `name=value` with commas between them elsewhere.
    static var map: SettingKind {
        let domain = "names with values: a mapping in a file, `name=value,name=value` elsewhere"
        return SettingKind(
            type: "names with values", placeholder: "NAME=VALUE,…", domain: domain,
            parse: { raw throws(ValueError) in
                let pairs = try pairs(raw, domain)
                guard pairs.allSatisfy({ !$0.name.isEmpty }), Set(pairs.map(\.name)).count == pairs.count else {
                    throw ValueError(expected: domain + ", each name once")
                }
                return pairs
            },
            text: { pairs in
                pairs.map { "\($0.name)=\(SecretWords.isSecret($0.name) ? SecretWords.mask : $0.value)" }
                    .joined(separator: ",")
            })
    }

    private static func pairs(_ raw: RawValue, _ domain: String) throws(ValueError) -> [TextPair] {
        switch raw {
        case .map(let pairs): return pairs
        case .list(let words): return try words.map { word throws(ValueError) in try pair(word, domain) }
        case .text(""): return []
        case .text(let text): return try split(text).map { word throws(ValueError) in try pair(word, domain) }
        }
    }

    private static func pair(_ word: String, _ domain: String) throws(ValueError) -> TextPair {
        guard let equals = word.firstIndex(of: "=") else { throw ValueError(expected: domain) }
        return TextPair(String(word[..<equals]), String(word[word.index(after: equals)...]))
    }
}

/// Names of settings of a library whose values nobody may read.
enum SecretWords {
    static let mask = "********"

    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["password", "secret", ".pem", "token"].contains { name.contains($0) }
    }
}
