public import MartletCommand

/// Everything that a configuration is read from.
public struct ConfigurationSources: Sendable {
    /// The file's name, for messages, and what it holds; nil: there is none.
    public var file: (name: String, bytes: [UInt8])?
    public var environment: [String: String]
    /// By setting name.
    public var options: [String: String]

    public init(
        file: (name: String, bytes: [UInt8])? = nil, environment: [String: String] = [:],
        options: [String: String] = [:]
    ) {
        self.file = file
        self.environment = environment
        self.options = options
    }

    /// The options of a command line that are settings.
    public static func options(of invocation: Invocation) -> [String: String] {
        var options: [String: String] = [:]
        for setting in Settings.all {
            if let option = setting.option, let text = invocation[option] { options[setting.name] = text }
        }
        return options
    }
}
