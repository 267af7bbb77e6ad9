/// `Docs/Configuration.md`, made from the declarations.
public enum ReferencePage {
    public static var text: String {
        ([introduction] + groups.map(section)).joined(separator: "\n")
    }

    private static let introduction = """
        # Configuration

        <!-- Made by `make reference` from the declarations in Sources/MartletConfiguration. Do not edit. -->

        `martlet gateway`, `martlet coordinator` and `martlet cluster init` read the same settings, each those that it \
        needs. A value is looked for in four places, and the last one that has it wins: the default, the file \
        (`--config FILE` or `MARTLET_CONFIG`), the environment, the command line. `redis.address` is

        | where | how |
        | --- | --- |
        | file (YAML, hence JSON too) | `redis.address: 10.0.0.7:6379`, or `address:` indented below `redis:` |
        | environment | `MARTLET_REDIS_ADDRESS=10.0.0.7:6379` |
        | command line | `--redis-address 10.0.0.7:6379` |

        Times have a unit (`500ms`, `30s`, `5m`, `12h`, `30d`), sizes too (`512B`, `64KiB`, `4MiB`, `1GiB`). A list is \
        a YAML sequence, or has commas between its values; names with values are a YAML mapping, or \
        `name=value,name=value`. A file may have 256 KiB, 8 levels, and no anchors, aliases or tags; a name that is \
        not known, stands twice or has a value that is none ends the process with status 78 and says where. \
        `martlet config check --config FILE` says the same without starting anything, and prints every value with \
        its source.

        A secret is given as a file that only its owner reads (`…File`), or by a variable; it is not taken on a \
        command line, and never printed. Settings marked **agreed** must be the same on all gateways: one that has \
        another value is refused when it joins, with the setting named.

        """

    private static var groups: [String] {
        var names: [String] = []
        for setting in Settings.all where !names.contains(setting.group) { names.append(setting.group) }
        return names
    }

    private static func section(_ group: String) -> String {
        let rows = Settings.all.filter { $0.group == group }.map(row)
        return """
            ## \(group.isEmpty ? "(no group)" : group)

            | setting | value | default | read by | |
            | --- | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))

            """
    }

    private static func row(_ setting: any AnySetting) -> String {
        let help = setting.isAgreed ? "**agreed** \(setting.help)" : setting.help
        let standard = setting.defaultText.isEmpty ? "" : "`\(setting.defaultText)`"
        return "| `\(setting.name)` | \(escaped(setting.domain)) | \(standard) | \(readers(setting.users)) "
            + "| \(escaped(help)) |"
    }

    private static func readers(_ users: SettingUsers) -> String {
        let names: [(SettingUsers, String)] = [
            (.gateway, "gateway"), (.coordinator, "coordinator"), (.setup, "cluster init"), (.log, "log cat"),
        ]
        return names.filter { users.contains($0.0) }.map(\.1).joined(separator: ", ")
    }

    private static func escaped(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
