public import MartletCore

extension Configuration {
    /// What all nodes must agree on, ascending by name: settings, and what the process knows beside them (the
    /// protocol's version, the log's generation).
    public func agreed(with facts: [AgreedSetting]) -> [AgreedSetting] {
        let settings = Settings.all(for: .gateway).filter(\.isAgreed)
        return (settings.map { AgreedSetting($0.name, text(of: $0)) } + facts).sorted { $0.name < $1.name }
    }
}

extension AgreedSetting {
    /// One number for a list of them: nodes with the same settings have the same.
    public static func hash(_ settings: [AgreedSetting]) -> UInt64 {
        let text = settings.map { "\($0.name)=\($0.value)\n" }.joined()
        let bytes = Array(text.utf8)
        return xxh64(bytes.span)
    }
}
