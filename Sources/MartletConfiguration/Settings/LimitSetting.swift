public import MartletCore

/// A setting that is one of the protocol's limits.
public struct LimitSetting: Sendable {
    public let setting: any AnySetting
    private let apply: @Sendable (Configuration, inout Limits) -> Void

    /// The default is what `Limits` says.
    init<Value: Sendable>(
        _ field: any WritableKeyPath<Limits, Value> & Sendable, _ name: String, _ kind: SettingKind<Value>,
        agreed: Bool = false, _ help: String
    ) {
        let setting = Setting(name, kind, default: Limits()[keyPath: field], agreed: agreed, help: help)
        self.setting = setting
        apply = { configuration, limits in limits[keyPath: field] = configuration[setting] }
    }

    func set(_ limits: inout Limits, from configuration: Configuration) { apply(configuration, &limits) }
}

extension Configuration {
    /// All limits, those with groups of their own too.
    public var limits: Limits {
        var limits = Limits()
        for limit in Settings.limits { limit.set(&limits, from: self) }
        limits.heartbeatMilliseconds = self[Settings.heartbeatInterval]
        limits.deadAfterMilliseconds = self[Settings.heartbeatDeadAfter]
        limits.mailboxEntries = self[Settings.mailboxEntries]
        limits.mailboxBytes = self[Settings.mailboxBytes]
        limits.mailboxMilliseconds = self[Settings.mailboxAge]
        return limits
    }
}
