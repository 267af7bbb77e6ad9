/// Every setting with its value and where that came from, for people; secrets masked.
public struct EffectiveText {
    private let configuration: Configuration
    private let users: SettingUsers

    public init(_ configuration: Configuration, for users: SettingUsers) {
        self.configuration = configuration
        self.users = users
    }

    public var text: String {
        let rows = Settings.all(for: users).map { setting in
            (
                name: setting.name, value: EffectiveText.shown(configuration.text(of: setting)),
                origin: configuration.origin(of: setting).description
            )
        }
        let (name, value) = (rows.map(\.name.count).max() ?? 0, min(40, rows.map(\.value.count).max() ?? 0))
        return rows.map { padded($0.name, name) + "  " + padded($0.value, value) + "  " + $0.origin + "\n" }.joined()
    }

    private static func shown(_ value: String) -> String { value.isEmpty ? "-" : value }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
