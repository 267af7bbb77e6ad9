public import MartletCommand

/// Which processes read a setting.
public struct SettingUsers: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let gateway = SettingUsers(rawValue: 1)
    public static let coordinator = SettingUsers(rawValue: 2)
    /// `martlet cluster init`.
    public static let setup = SettingUsers(rawValue: 4)
    /// `martlet log cat`.
    public static let log = SettingUsers(rawValue: 8)
    public static let all: SettingUsers = [.gateway, .coordinator, .setup, .log]
}

/// A setting, declared once; files, variables, options, help and the reference page read the same declaration.
public struct Setting<Value: Sendable>: AnySetting {
    /// As in a file, groups and all: `redis.address`.
    public let name: String
    public let kind: SettingKind<Value>
    public let standard: Value
    public let users: SettingUsers
    /// Whether all nodes of a cluster must have the same value; one that has not is refused when it joins.
    public let isAgreed: Bool
    /// Never printed, and not taken as an option, which other users of the machine could read.
    public let isSecret: Bool
    public let help: String

    init(
        _ name: String, _ kind: SettingKind<Value>, default standard: Value, for users: SettingUsers = .gateway,
        agreed isAgreed: Bool = false, secret isSecret: Bool = false, help: String
    ) {
        self.name = name
        self.kind = kind
        self.standard = standard
        self.users = users
        self.isAgreed = isAgreed
        self.isSecret = isSecret
        self.help = help
    }

    public var type: String { kind.type }
    public var domain: String { kind.domain }
    public var defaultText: String { kind.text(standard) }
    public var anyStandard: any Sendable { standard }

    public func parse(_ raw: RawValue) throws(ValueError) -> any Sendable { try kind.parse(raw) }

    public func text(_ value: any Sendable) -> String {
        let text = (value as? Value).map(kind.text) ?? ""
        return isSecret && !text.isEmpty ? SecretWords.mask : text
    }

    /// The option that sets it; nil for a secret.
    public var option: Option<String?>? {
        if isSecret { return nil }
        let kind = kind
        let shown = defaultText
        return Option(
            optionName, placeholder: kind.placeholder, help: help, default: nil,
            defaultText: shown.isEmpty ? nil : shown, domain: kind.domain
        ) { text throws(ValueError) in
            _ = try kind.parse(.text(text))
            return text
        }
    }
}

/// A setting whatever its values are.
public protocol AnySetting: Sendable {
    var name: String { get }
    var type: String { get }
    var domain: String { get }
    var defaultText: String { get }
    var users: SettingUsers { get }
    var isAgreed: Bool { get }
    var isSecret: Bool { get }
    var help: String { get }
    var option: Option<String?>? { get }
    var anyStandard: any Sendable { get }

    func parse(_ raw: RawValue) throws(ValueError) -> any Sendable
    /// For people: as it would be written on a command line, a secret masked.
    func text(_ value: any Sendable) -> String
}

extension AnySetting {
    public var optionName: String { SettingName.option(name) }
    public var variableName: String { SettingName.variable(name) }
    /// The part before the first dot; nothing where there is none.
    var group: String { name.contains(".") ? String(name.prefix { $0 != "." }) : "" }
}
