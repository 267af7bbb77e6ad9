import MartletCommand

extension Configuration {
    /// Reads file, environment and options; a later one wins. Throws all that is wrong in any of them.
    public init(
        reading sources: ConfigurationSources, settings: [any AnySetting] = Settings.all
    ) throws(ConfigurationError) {
        var reader = ConfigurationReader(settings: settings)
        if let file = sources.file { reader.read(file: file.name, file.bytes) }
        reader.read(environment: sources.environment)
        reader.read(options: sources.options)
        guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
        self = reader.configuration
    }
}

/// Gathers values, and what is wrong with them.
private struct ConfigurationReader {
    let settings: [any AnySetting]
    var configuration = Configuration()
    var problems: [ConfigurationProblem] = []

    init(settings: [any AnySetting]) { self.settings = settings }

    mutating func read(file name: String, _ bytes: [UInt8]) {
        let schema = YAMLSchema(settings)
        let document = YAMLDocument(file: name, bytes: bytes, schema: schema)
        problems += document.problems
        for value in document.values {
            take(value.name, value.raw, Origin(kind: .file, description: "\(name):\(value.position)"))
        }
    }

    mutating func read(environment: [String: String]) {
        for setting in settings {
            guard let text = environment[setting.variableName] else { continue }
            take(setting.name, .text(text), Origin(kind: .environment, description: setting.variableName))
        }
        warnOfSlips(environment)
    }

    /// A variable that no setting has may belong to somebody else; one that nearly has a setting's name is a slip.
    private mutating func warnOfSlips(_ environment: [String: String]) {
        let known = settings.map(\.variableName)
        for name in environment.keys.sorted() where name.hasPrefix("MARTLET_") && !known.contains(name) {
            let short = String(name.dropFirst(8))
            guard let near = Spelling.nearest(to: short, in: known.map { String($0.dropFirst(8)) }),
                Spelling.distance(short, near) <= 2
            else { continue }
            configuration.warnings.append(
                ConfigurationProblem(name, "no setting has this variable: did you mean `MARTLET_\(near)`?"))
        }
    }

    mutating func read(options: [String: String]) {
        for setting in settings {
            guard let text = options[setting.name] else { continue }
            take(setting.name, .text(text), Origin(kind: .option, description: "--\(setting.optionName)"))
        }
    }

    private mutating func take(_ name: String, _ raw: RawValue, _ origin: Origin) {
        guard let setting = settings.first(where: { $0.name == name }) else { return }
        do {
            configuration.entries[name] = Configuration.Entry(value: try setting.parse(raw), origin: origin)
        } catch {
            // A mapping may hold passwords.
            let isHidden = setting.isSecret || setting.anyStandard is [TextPair]
            let given = isHidden ? "" : ConfigurationReader.shown(raw)
            problems.append(
                ConfigurationProblem(origin.description, "`\(setting.name)`\(given): expected \(error.expected)."))
        }
    }

    /// What was given, cut where it is long.
    private static func shown(_ raw: RawValue) -> String {
        switch raw {
        case .text(let text) where text.count > 60: " is `\(text.prefix(60))…`"
        case .text(let text): " is `\(text)`"
        case .list: " is a list"
        case .map: ""
        }
    }
}
