/// A secret that is given by a file of its own, or by a variable: two settings, of which one is used.
public struct SecretSetting: Sendable {
    public let value: Setting<String?>
    public let file: Setting<String?>

    init(_ name: String, for users: SettingUsers, help: String) {
        value = Setting(
            name, .optional(.text), default: nil, for: users, secret: true,
            help: "\(help) Better given as a file.")
        file = Setting(
            name + "File", .optional(.file), default: nil, for: users,
            help: "\(help) A line break at the file's end does not count.")
    }

    var both: [any AnySetting] { [value, file] }
}
