import MartletConfiguration
import MartletIO

/// Sets the log as the settings say.
enum ProcessLog {
    static func set(_ settings: Configuration) {
        let level: LogLevel =
            switch settings[Settings.logLevel] {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        Logger.setLevel(level)
        Logger.setFormat(settings[Settings.logFormat] == .json ? .json : .text)
    }

    static func warn(_ warnings: [ConfigurationProblem], _ logger: Logger) {
        for warning in warnings {
            logger.warning("configuration", [.name: LogValue(warning.place), .reason: LogValue(warning.message)])
        }
    }
}
