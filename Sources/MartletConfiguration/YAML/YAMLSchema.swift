import MartletCommand

/// Which names a file may have: settings, and the groups that they stand in.
struct YAMLSchema {
    let settings: [String: any AnySetting]
    let groups: Set<String>
    /// In the order of their declaration.
    private let names: [String]

    init(_ settings: [any AnySetting]) {
        names = settings.map(\.name)
        self.settings = Dictionary(settings.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        groups = Set(names.filter { $0.contains(".") }.map { String($0.prefix { $0 != "." }) })
    }

    /// The name that somebody meant who wrote this one, as the end of a sentence.
    func hint(for name: String) -> String {
        if let near = Spelling.nearest(to: name, in: names) { return ": did you mean `\(near)`?" }
        // The right word in the wrong group.
        let word = name.split(separator: ".").last.map(String.init) ?? name
        if let same = names.first(where: { $0.hasSuffix("." + word) }) { return ": did you mean `\(same)`?" }
        return "."
    }
}
