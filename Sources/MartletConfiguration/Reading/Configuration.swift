/// The value of every setting, and where it came from.
public struct Configuration: Sendable {
    struct Entry: Sendable {
        var value: any Sendable
        var origin: Origin
    }

    var entries: [String: Entry] = [:]
    /// What an operator should know, and nothing that keeps a process from running.
    public internal(set) var warnings: [ConfigurationProblem] = []

    /// Every setting at its default.
    public static let standard = Configuration()

    public subscript<Value>(setting: Setting<Value>) -> Value {
        get { entries[setting.name]?.value as? Value ?? setting.standard }
        set { entries[setting.name] = Entry(value: newValue, origin: Origin(kind: .option, description: "set")) }
    }

    public func origin(of setting: any AnySetting) -> Origin { entries[setting.name]?.origin ?? .standard }

    /// For people; a secret is masked.
    public func text(of setting: any AnySetting) -> String {
        setting.text(entries[setting.name]?.value ?? setting.anyStandard)
    }

    /// Where to look for what is wrong with a setting: its origin, or its name where it has its default.
    func place(of setting: any AnySetting) -> String {
        let origin = origin(of: setting)
        return origin.kind == .standard ? setting.name : origin.description
    }
}
