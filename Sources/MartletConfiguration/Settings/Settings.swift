/// Every setting that there is, in the order of the reference page.
public enum Settings {
    public static let all: [any AnySetting] =
        cluster + node + client + link + token + redis + kafka + membership + mailbox + heartbeat + rates + drain
        + limits.map(\.setting) + admin + logging

    /// Those that a process reads.
    public static func all(for users: SettingUsers) -> [any AnySetting] {
        all.filter { !$0.users.isDisjoint(with: users) }
    }

    static func named(_ name: String) -> (any AnySetting)? { all.first { $0.name == name } }
}
